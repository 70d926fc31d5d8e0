"""What connects the downward engine to files."""

"""What SEP 2.0 keeps in files."""

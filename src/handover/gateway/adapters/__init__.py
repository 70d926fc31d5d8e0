"""What the gateway keeps on disk: the journal (SQLite) and the audit log. Nothing here decides."""

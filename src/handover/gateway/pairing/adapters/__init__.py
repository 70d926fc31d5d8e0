"""What connects admissions to the journal."""

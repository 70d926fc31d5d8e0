"""Speed, measured side by side: `python -m benchmarks [NAME ...]` prints the tables of the README here."""

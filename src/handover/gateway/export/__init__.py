"""The history of a home's meters as documents for other software: pure functions."""

"""Simulated premises: meters, homes and utilities in real, scaled or virtual time."""

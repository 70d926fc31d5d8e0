"""The files of the key store."""

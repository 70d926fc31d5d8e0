"""Identity (LFDI, SFDI, PIN), certificates, and who may see what."""

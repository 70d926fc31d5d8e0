"""What the gateway tells other software of the home without being asked: topics and payloads, no I/O."""

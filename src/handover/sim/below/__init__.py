"""A home whose meter has moved to SEP 2.0: the meter, the gateway below it, and devices of SEP 1.x."""

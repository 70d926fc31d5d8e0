"""ZigBee Smart Energy 1.x: the application layer and the frames under it."""

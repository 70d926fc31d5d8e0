"""Files of a Smart Energy node: the record of its keys."""

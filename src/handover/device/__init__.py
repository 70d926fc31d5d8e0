"""SEP 2.0 client devices: an in-home display and a thermostat, as engines, and the shell that runs one."""

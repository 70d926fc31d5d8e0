"""SEP 2.0 = IEEE 2030.5: resources, XML, server and client engines, security, transports."""

"""Tunneling on either side: octets of another protocol through the network, in order and once each."""

"""Keys, certificates and counters of a Smart Energy HAN: what makes a frame or a peer genuine."""

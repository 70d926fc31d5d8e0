"""What carries a plan out: the kernel of this machine."""

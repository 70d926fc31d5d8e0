"""What meets the needs of the self-update: the disk, The Update Framework, the process that is started."""

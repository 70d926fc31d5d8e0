"""Where the head-end meets the machine."""

"""Where the facts come from: this machine."""

"""What keeps a gateway from working on this machine, in plain language, each with the next step."""

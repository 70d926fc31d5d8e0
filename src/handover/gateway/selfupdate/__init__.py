"""Self-update of the gateway's software: two slots, a trial, and a way back (REQ.GW.7).

A bundle of wheels comes from a repository of The Update Framework, is unpacked into the slot that is not
in use, and runs on trial. It is kept when it reports healthy, and given up when it does not. The software
that was installed by other means, the factory's, stands behind both slots and is never changed.
"""

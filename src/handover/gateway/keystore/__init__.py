"""What a gateway must keep secret on its disk: named secrets, encrypted under a secret that lies elsewhere.

`port` says what a store of secrets is, `sealing` how one is encrypted, `pins` how PINs lie in the journal.
Files are in `adapters`.
"""

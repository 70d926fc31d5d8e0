"""Admission and registration told in plain language: where a device stands, what it means, what comes next.

`states` holds one table a kind of admission, `words` what a person reads of each state. `pairing` follows one
device through its table, `pairings` all of them; `typed` reads labels, `signs` turns what the network tells
into events, `guide` prints the tables as instructions. No I/O outside `adapters`.
"""

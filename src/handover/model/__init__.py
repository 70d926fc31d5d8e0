"""What both applications mean, without the form either gives it: no wire format, no I/O.

Times are Unix seconds (UTC, no leap seconds), durations seconds, values integers times a power of ten. The
functions here are rules that follow from the meaning alone (which price wins, which message is shown, what
several devices' answers amount to); how a meaning is written in SEP 1.x or SEP 2.0 is in `handover.mapping`.
"""

"""The frames under ZCL: 802.15.4 MAC, ZigBee PRO NWK, APS, and the capture files that hold them.

Unsecured data frames only. Not here: who talks to whom (`transports`), the ZCL frame (`frame`).
"""

"""The frames under ZCL: 802.15.4 MAC, ZigBee PRO NWK, APS, ZDP, their security, and captures of them.

Octets and values only. Not here: which key and which counter (`security`), who sends what when
(`network.stack`), who hears it (`transports`), the ZCL frame (`frame`).
"""

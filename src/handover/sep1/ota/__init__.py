"""OTA Upgrade (cluster 0x0019): the image file and whether it may be installed.

No file is read or written here: images arrive as octets.
"""

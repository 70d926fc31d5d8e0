"""The demo: a home with a SEP 1.x ESI, the production gateway, and two SEP 2.0 devices over real HTTPS.

`sources` are where SEP 1.x data come from (a virtual premise, or a recording played by a RAVEn emulator),
`home` sets everything up in a folder, `journeys` tells what came through from end to end. How it is shown is
the business of `cli.demo`.
"""

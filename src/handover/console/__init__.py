"""Web pages over a running gateway's local API: a process of its own, so that the gateway runs lean.

`view` turns a status document into what a page shows (pure, tested); `feed` fetches it; `page` draws it.
`pairing` draws the page on which devices are admitted, `counter` asks the gateway for it. `service`
serves both.
"""

"""Simple Metering beyond readings: load profiles, fast polling, mirrors of meters that sleep.

Each as services of the two sides. Not here: readings and their reports (`server.metering`, `client.meter`).
"""

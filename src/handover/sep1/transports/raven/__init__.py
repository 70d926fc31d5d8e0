"""The way onto a HAN through a Rainforest RAVEn or EMU-2 stick, and a stick made of software."""

from handover.sep1.transports.raven.emulator import Emulator
from handover.sep1.transports.raven.recording import Recording, load, parse
from handover.sep1.transports.raven.transport import RavenSettings, RavenTransport

__all__ = ["Emulator", "RavenSettings", "RavenTransport", "Recording", "load", "parse"]

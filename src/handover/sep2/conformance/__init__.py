"""Conformance as a product: profiles, and what a server lacks of them."""

from handover.sep2.conformance.check import Asking, Report, Verdict, check
from handover.sep2.conformance.profile import Profile, Requirement, load, minimum
from handover.sep2.conformance.rules import TlsFacts

__all__ = ["Asking", "Profile", "Report", "Requirement", "TlsFacts", "Verdict", "check", "load", "minimum"]

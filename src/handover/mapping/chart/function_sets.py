"""The function sets of SEP 2.0, by the module of their resources: what each is to SEP 1.x."""

from dataclasses import dataclass

from handover.mapping.chart.entry import EXACT, LATER, LOCAL, LOSSY, NONE, Fate


@dataclass(frozen=True, slots=True)
class FunctionSet:
    """One function set: what it is called, its counterpart, its fates, the rule, and what is told."""

    name: str
    counterpart: str
    a: Fate
    b: Fate
    rule: str
    told: str = ""


FUNCTION_SETS: dict[str, FunctionSet] = {
    "common": FunctionSet("Common types", "ZCL types", LOCAL, LOCAL, "parts of other resources"),
    "device_capability": FunctionSet(
        "Device Capability", "-", LOCAL, LOCAL, "the entry point of each server"
    ),
    "end_device": FunctionSet(
        "End Device, Self Device, Registration, Device Status",
        "a device of the HAN",
        LOCAL,
        LOSSY,
        "B: an EndDevice for each SEP 1.x device, under an LFDI made from its EUI-64",
        "B: without a place there, devices share the gateway's own",
    ),
    "proxied_device": FunctionSet(
        "Proxied Device", "a device of the HAN", NONE, LATER, "of 2023 only", "404"
    ),
    "function_set_assignments": FunctionSet(
        "Function Set Assignments", "enrolment group", LOCAL, LOCAL, "what is meant for which device"
    ),
    "subscription": FunctionSet(
        "Subscription and Notification", "commands pushed", LATER, LOCAL, "A: polled"
    ),
    "response": FunctionSet(
        "Response",
        "ReportEventStatus, MessageConfirmation, PriceAcknowledgement",
        LOSSY,
        LOSSY,
        "numbers 1 to 10 are alike; 13 and 14 are said as 7",
        "400 for an unknown subject or a status without meaning",
    ),
    "time": FunctionSet("Time", "Time 0x000A", LOSSY, LOSSY, "all but the quality"),
    "device_information": FunctionSet(
        "Device Information", "Basic 0x0000", LOCAL, LOSSY, "read once, and told"
    ),
    "power_status": FunctionSet(
        "Power Status", "Power Configuration 0x0001", LOCAL, LOSSY, "battery and source"
    ),
    "network_status": FunctionSet("Network Status", "-", NONE, NONE, "of IP networks", "404"),
    "log_event": FunctionSet("Log Event", "Alarms 0x0009", LOCAL, LOSSY, "A: kept for their sender"),
    "configuration": FunctionSet("Configuration", "-", LOCAL, NONE, "settings of one device", "404"),
    "file_download": FunctionSet(
        "Software Download", "OTA 0x0019", LATER, LOSSY, "opaque images", "A: empty"
    ),
    "drlc": FunctionSet(
        "Demand Response and Load Control",
        "DRLC 0x0701",
        LOSSY,
        LOSSY,
        "TargetReduction and more consumption have no equal; LoadShedAvailability is not asked for",
        "252",
    ),
    "metering": FunctionSet("Metering", "Simple Metering 0x0702", LOSSY, LOSSY, "phases, volts: none", "404"),
    "metering_mirror": FunctionSet(
        "Metering Mirror", "mirrors of 0x0702", LATER, EXACT, "posted at a rate", "404"
    ),
    "pricing": FunctionSet("Pricing", "Price 0x0700", LOSSY, LOSSY, "one tariff, electricity first"),
    "messaging": FunctionSet("Messaging", "Messaging 0x0703", LOSSY, LOSSY, "a display holds one text"),
    "billing": FunctionSet("Billing", "block and billing periods", LATER, LATER, "bills: none", "404"),
    "prepayment": FunctionSet(
        "Prepayment", "Prepayment 0x0705", LATER, LATER, "balances, top-ups", "A: empty"
    ),
    "flow_reservation": FunctionSet("Flow Reservation", "-", NONE, NONE, "nobody reserves in SEP 1.x", "404"),
    "der": FunctionSet(
        "Distributed Energy Resources",
        "-",
        NONE,
        NONE,
        "a power set point is no load control: only events for generators cross, as such",
        "404",
    ),
    "der_device": FunctionSet("DER settings and status", "-", NONE, NONE, "no cluster of SE has them", "404"),
    "der_quantities": FunctionSet("DER quantities", "-", NONE, NONE, "parts of DER resources", "404"),
}
"""Every module of `sep2.resources` that declares resources."""

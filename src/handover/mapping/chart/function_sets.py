"""The function sets of SEP 2.0, by the module of their resources: what each is to SEP 1.x.

Resources that fare otherwise than their function set stand apart, below it.
"""

from dataclasses import dataclass

from handover.mapping.chart.entry import EXACT, LATER, LOCAL, LOSSY, NONE, Fate


@dataclass(frozen=True, slots=True)
class Apart:
    """Some resources of a function set, by their names, with fates, rule and told of their own."""

    names: tuple[str, ...]
    counterpart: str
    a: Fate
    b: Fate
    rule: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class FunctionSet:
    """One function set: what it is called, its counterpart, its fates, the rule, and what is told."""

    name: str
    counterpart: str
    a: Fate
    b: Fate
    rule: str
    told: str = ""
    apart: tuple[Apart, ...] = ()


NOT_THERE = "404"

FUNCTION_SETS: dict[str, FunctionSet] = {
    "common": FunctionSet("Common types", "ZCL types", LOCAL, LOCAL, "parts of other resources"),
    "device_capability": FunctionSet(
        "Device Capability", "-", LOCAL, LOCAL, "the entry point of each server"
    ),
    "end_device": FunctionSet(
        "End Device and Self Device",
        "a device of the HAN",
        LOCAL,
        LOSSY,
        "B: an EndDevice for each SEP 1.x device, under an LFDI made from its EUI-64",
        "B: without a place there, devices share the gateway's own",
        (
            Apart(("Registration",), "-", LOCAL, LOCAL, "the PIN of one client and its server"),
            Apart(
                ("DeviceStatus", "Temperature"),
                "Basic DeviceEnabled",
                LOCAL,
                LATER,
                "whether a device works",
                "left as the server has it",
            ),
        ),
    ),
    "proxied_device": FunctionSet(
        "Proxied Device", "a device of the HAN", NONE, LATER, "of 2023 only", NOT_THERE
    ),
    "function_set_assignments": FunctionSet(
        "Function Set Assignments", "enrolment group", LOCAL, LOCAL, "what is meant for which device"
    ),
    "subscription": FunctionSet(
        "Subscription and Notification",
        "commands pushed",
        LATER,
        LOCAL,
        "A: polled",
        "A: 404; lists are polled at their pollRate",
    ),
    "response": FunctionSet(
        "Response",
        "ReportEventStatus, MessageConfirmation, PriceAcknowledgement",
        LOSSY,
        LOSSY,
        "numbers 1 to 10 are alike; 13 and 14 are said as 7",
        "400 for an unknown subject or a status without meaning",
        (
            Apart(
                ("DERControlResponse", "FlowReservationResponseResponse"),
                "-",
                NONE,
                NONE,
                "answers to what does not cross",
                "400; B: none is sent",
            ),
            Apart(
                ("AppliedTargetReduction",),
                "-",
                NONE,
                NONE,
                "reports have no such field",
                "nothing: accepted and left out",
            ),
        ),
    ),
    "time": FunctionSet("Time", "Time 0x000A", LOSSY, LOSSY, "all but the quality"),
    "device_information": FunctionSet(
        "Device Information",
        "Basic 0x0000",
        LOCAL,
        LOSSY,
        "read once, and told",
        "",
        (
            Apart(
                ("DRLCCapabilities", "GPSLocationType", "SupportedLocale"),
                "-",
                LOCAL,
                NONE,
                "no attributes",
                "left out",
            ),
        ),
    ),
    "power_status": FunctionSet(
        "Power Status",
        "Power Configuration 0x0001",
        LOCAL,
        LOSSY,
        "battery and source",
        "",
        (Apart(("PEVInfo",), "-", LOCAL, NONE, "no attribute for the charge of a vehicle", "left out"),),
    ),
    "network_status": FunctionSet("Network Status", "-", NONE, NONE, "of IP networks", NOT_THERE),
    "log_event": FunctionSet("Log Event", "Alarms 0x0009", LOCAL, LOSSY, "A: kept for their sender"),
    "configuration": FunctionSet("Configuration", "-", LOCAL, NONE, "settings of one device", NOT_THERE),
    "file_download": FunctionSet(
        "Software Download", "OTA 0x0019", LATER, LOSSY, "opaque images", "A: 200 with an empty list"
    ),
    "drlc": FunctionSet(
        "Demand Response and Load Control",
        "DRLC 0x0701",
        LOSSY,
        LOSSY,
        "offsets, set points, duty cycle, appliance steps; more consumption has no equal",
        "252 where nothing of an event is left",
        (
            Apart(("TargetReduction",), "-", NONE, NONE, "no field for a target in kW or kWh", "252"),
            Apart(
                ("LoadShedAvailability",),
                "-",
                NONE,
                NONE,
                "nobody is asked for it: programs have no thresholds",
                NOT_THERE,
            ),
        ),
    ),
    "metering": FunctionSet(
        "Metering", "Simple Metering 0x0702", LOSSY, LOSSY, "phases, volts: none", NOT_THERE
    ),
    "metering_mirror": FunctionSet(
        "Metering Mirror", "mirrors of 0x0702", LATER, EXACT, "posted at a rate", NOT_THERE
    ),
    "pricing": FunctionSet(
        "Pricing",
        "Price 0x0700",
        LOSSY,
        LOSSY,
        "one tariff, electricity first",
        "",
        (
            Apart(
                ("EnvironmentalCost",),
                "alternateCostDelivered",
                LOSSY,
                LOSSY,
                "grams of CO2; no other cost has a unit there",
            ),
        ),
    ),
    "messaging": FunctionSet("Messaging", "Messaging 0x0703", LOSSY, LOSSY, "a display holds one text"),
    "billing": FunctionSet(
        "Billing",
        "block and billing periods",
        LATER,
        LATER,
        "a block period is a billing period; the account says its currency",
        NOT_THERE,
        (
            Apart(
                (
                    "BillingMeterReadingBase",
                    "BillingReading",
                    "BillingReadingSet",
                    "Charge",
                    "HistoricalReading",
                    "ProjectionReading",
                    "TargetReading",
                ),
                "-",
                NONE,
                NONE,
                "SE 1.1 has no bill and no forecast",
                NOT_THERE,
            ),
            Apart(
                ("ServiceSupplier",),
                "-",
                NONE,
                NONE,
                "a provider's number is no enterprise number; addresses are personal",
                NOT_THERE,
            ),
        ),
    ),
    "prepayment": FunctionSet(
        "Prepayment",
        "Prepayment 0x0705",
        LATER,
        LATER,
        "balances, top-ups",
        "A: 200 with an empty list",
        (
            Apart(
                ("CreditTypeChange",),
                "SelectAvailableEmergencyCredit",
                NONE,
                LATER,
                "A: nobody below chooses the meter's credit",
                "405; B: 0x01 FAILURE",
            ),
            Apart(("ServiceChange",), "-", NONE, NONE, "a HAN never switches a supply", "405"),
            Apart(
                ("SupplyInterruptionOverride",),
                "-",
                NONE,
                NONE,
                "SE 1.1 has no friendly credit",
                "A: an empty list",
            ),
        ),
    ),
    "flow_reservation": FunctionSet(
        "Flow Reservation", "-", NONE, NONE, "nobody reserves in SEP 1.x", NOT_THERE
    ),
    "der": FunctionSet(
        "Distributed Energy Resources",
        "-",
        NONE,
        NONE,
        "a power set point is no load control: only events for generators cross, as such",
        "404; B: programs are not read, so no response",
    ),
    "der_device": FunctionSet(
        "DER settings and status", "-", NONE, NONE, "no cluster of SE has them", NOT_THERE
    ),
    "der_quantities": FunctionSet("DER quantities", "-", NONE, NONE, "parts of DER resources", NOT_THERE),
}
"""Every module of `sep2.resources` that declares resources."""

"""The resources of SEP 2.0: a file for each function set, and the tables that everything else works from.

RESOURCES says where each resource is and what may be done with it; CLASSES finds a class by its name in a
document; ORDER says how list items are sorted. The paths are the layout that the standard suggests: clients
follow links, so another layout is as good.
"""

import dataclasses
from typing import Any

from handover.sep2.declaration import elements_of
from handover.sep2.resources import (
    common,
    device_capability,
    device_information,
    drlc,
    end_device,
    function_set_assignments,
    log_event,
    messaging,
    metering,
    metering_mirror,
    power_status,
    pricing,
    response,
    subscription,
    time,
)
from handover.sep2.resources.entry import Entry, keys

MODULES = (
    common,
    function_set_assignments,
    device_capability,
    end_device,
    subscription,
    response,
    time,
    device_information,
    power_status,
    log_event,
    drlc,
    metering,
    metering_mirror,
    pricing,
    messaging,
)
"""The function sets that exist here."""

CLASSES: dict[str, type[Any]] = {
    name: member
    for module in MODULES
    for name, member in vars(module).items()
    if isinstance(member, type)
    and dataclasses.is_dataclass(member)
    and (member.__module__, member.__name__) == (module.__name__, name)
}
"""Every declared class by its schema name. Each is also a global element of the schema."""

ORDER: dict[str, str] = {
    "EndDevice": "sFDI href",
    "FunctionSetAssignments": "-mRID",
    "Subscription": "href",
    "Notification": "href",
    "ResponseSet": "-mRID",
    "Response": "-createdDateTime endDeviceLFDI",
    "SupportedLocale": "href",
    "LogEvent": "-createdDateTime logEventID",
    "DemandResponseProgram": "primacy -mRID",
    "EndDeviceControl": "interval.start -creationTime -mRID",
    "LoadShedAvailability": "href",
    "UsagePoint": "-mRID",
    "MeterReading": "-mRID",
    "ReadingSet": "-timePeriod.start -mRID",
    "Reading": "localID consumptionBlock touTier",
    "MirrorUsagePoint": "-mRID",
    "TariffProfile": "-mRID",
    "RateComponent": "-mRID",
    "TimeTariffInterval": "interval.start -creationTime -mRID",
    "ConsumptionTariffInterval": "startValue",
    "MessagingProgram": "-mRID",
    "TextMessage": "-interval.start -creationTime -mRID",
}
"""The sort keys of each list item, first key first; a minus sign sorts the largest first."""


def _row(name: str, path: str, support: str, query: str = "", of: str = "", posts: str = "") -> Entry:
    """Read one row; `of` names the class where it differs from the resource's name."""
    resource = CLASSES[of or name]
    if not query:
        return Entry(name, resource, path, support, posts=tuple(CLASSES[post] for post in posts.split()))
    (item,) = (field.type for field in elements_of(resource) if field.repeated)
    assert isinstance(item, type)
    return Entry(
        name, resource, path, support, item, tuple(query.split()), keys(ORDER[item.__name__]), (item,)
    )


RESOURCES: tuple[Entry, ...] = (
    _row("DeviceCapability", "/dcap", "MMEEE"),
    _row("SelfDevice", "/sdev", "MMDEE"),
    _row("EndDeviceList", "/edev", "MMEOE", "s l"),
    _row("EndDevice", "/edev/{id1}", "MMOEO"),
    _row("Registration", "/edev/{id1}/rg", "MMOEO"),
    _row("DeviceStatus", "/edev/{id1}/dstat", "MMMEO"),
    _row("FunctionSetAssignmentsList", "/edev/{id1}/fsa", "MMEDE", "s l"),
    _row("FunctionSetAssignments", "/edev/{id1}/fsa/{id2}", "MMEED"),
    _row("SubscriptionList", "/edev/{id1}/sub", "MMEME", "s l"),
    _row("Subscription", "/edev/{id1}/sub/{id2}", "MMMEM"),
    _row("NotificationList", "/ntfy", "DDEME", "s l"),
    _row("Notification", "/ntfy/{id1}", "DDEEE"),
    _row("ResponseSetList", "/rsps", "OOEDE", "s l"),
    _row("ResponseSet", "/rsps/{id1}", "OOEED"),
    _row("ResponseList", "/rsps/{id1}/rsp", "OOEME", "s l"),
    _row("Response", "/rsps/{id1}/rsp/{id2}", "OOEEO"),
    _row("PriceResponse", "/rsps/{id1}/rsp/{id2}", "OOEEO"),
    _row("TextResponse", "/rsps/{id1}/rsp/{id2}", "OOEEO"),
    _row("DERControlResponse", "/rsps/{id1}/rsp/{id2}", "OOEEO"),
    _row("FlowReservationResponseResponse", "/rsps/{id1}/rsp/{id2}", "OOEEO"),
    _row("DrResponse", "/rsps/{id1}/rsp/{id2}", "OOEEO"),
    _row("Time", "/tm", "MMDEE"),
    _row("DeviceInformation", "/edev/{id1}/di", "MMMEO"),
    _row("SupportedLocaleList", "/edev/{id1}/di/loc", "MMEME", "s l"),
    _row("SupportedLocale", "/edev/{id1}/di/loc/{id2}", "MMMEM"),
    _row("PowerStatus", "/edev/{id1}/ps", "MMMEE"),
    _row("LogEventList", "/edev/{id1}/lel", "MMEME", "s l a"),
    _row("LogEvent", "/edev/{id1}/lel/{id2}", "MMOEM"),
    _row("DemandResponseProgramList", "/dr", "MMEDE", "s l"),
    _row("DemandResponseProgram", "/dr/{id1}", "MMEED"),
    _row("ActiveEndDeviceControlList", "/dr/{id1}/actedc", "MMEEE", "s l a", of="EndDeviceControlList"),
    _row("EndDeviceControlList", "/dr/{id1}/edc", "MMEDE", "s l a"),
    _row("EndDeviceControl", "/dr/{id1}/edc/{id2}", "MMEED"),
    _row("LoadShedAvailabilityList", "/edev/{id1}/lsl", "MMEME", "s l"),
    _row("LoadShedAvailability", "/edev/{id1}/lsl/{id2}", "MMOEM"),
    _row("UsagePointList", "/upt", "MMEOE", "s l"),
    _row("UsagePoint", "/upt/{id1}", "MMEEO"),
    _row("MeterReadingList", "/upt/{id1}/mr", "MMEOE", "s l"),
    _row("MeterReading", "/upt/{id1}/mr/{id2}", "MMEEO"),
    _row("ReadingType", "/upt/{id1}/mr/{id2}/rt", "MMOEE"),
    _row("LatestReading", "/upt/{id1}/mr/{id2}/r", "MMOEE", of="Reading"),
    _row("ReadingSetList", "/upt/{id1}/mr/{id2}/rs", "MMEOE", "s l a"),
    _row("ReadingSet", "/upt/{id1}/mr/{id2}/rs/{id3}", "MMEEO"),
    _row("ReadingList", "/upt/{id1}/mr/{id2}/rs/{id3}/r", "MMEOE", "s l a"),
    _row("Reading", "/upt/{id1}/mr/{id2}/rs/{id3}/r/{id4}", "MMOEO"),
    _row("MirrorUsagePointList", "/mup", "MMEME", "s l"),
    _row("MirrorUsagePoint", "/mup/{id1}", "OOMMM", posts="MirrorMeterReading MirrorMeterReadingList"),
    _row("TariffProfileList", "/tp", "MMEDE", "s l"),
    _row("TariffProfile", "/tp/{id1}", "MMEED"),
    _row("RateComponentList", "/tp/{id1}/rc", "MMEDE", "s l"),
    _row("RateComponent", "/tp/{id1}/rc/{id2}", "MMEED"),
    _row("RateComponentReadingType", "/tp/{id1}/rc/{id2}/rt", "MMEEE", of="ReadingType"),
    _row(
        "ActiveTimeTariffIntervalList",
        "/tp/{id1}/rc/{id2}/acttti",
        "MMEEE",
        "s l a",
        of="TimeTariffIntervalList",
    ),
    _row("TimeTariffIntervalList", "/tp/{id1}/rc/{id2}/tti", "MMEDE", "s l a"),
    _row("TimeTariffInterval", "/tp/{id1}/rc/{id2}/tti/{id3}", "MMEED"),
    _row("ConsumptionTariffIntervalList", "/tp/{id1}/rc/{id2}/tti/{id3}/cti", "MMEDE", "s l a"),
    _row("ConsumptionTariffInterval", "/tp/{id1}/rc/{id2}/tti/{id3}/cti/{id4}", "MMEED"),
    _row("MessagingProgramList", "/msg", "MMEDE", "s l"),
    _row("MessagingProgram", "/msg/{id1}", "MMEED"),
    _row("ActiveTextMessageList", "/msg/{id1}/acttxt", "MMEEE", "s l a", of="TextMessageList"),
    _row("TextMessageList", "/msg/{id1}/txt", "MMEDE", "s l a"),
    _row("TextMessage", "/msg/{id1}/txt/{id2}", "MMEED"),
)
"""The method table: name, path, GET HEAD PUT POST DELETE, query parameters.

LatestReading and RateComponentReadingType are targets of links that the standard's table leaves out.
"""

"""An ESI with something in every function set: what the minimum profile asks for, and more."""

from typing import Any

from handover.sep2.esi import Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.drlc import DemandResponseProgram
from handover.sep2.resources.messaging import MessagingProgram
from handover.sep2.resources.metering import MeterReading, Reading, ReadingType, UsagePoint
from handover.sep2.resources.pricing import RateComponent, TariffProfile

PIN = 111115


def furnish(esi: Esi) -> None:
    """Put a programme, a tariff with a component, messages, and a meter into the tree."""
    put = esi.store.put
    put(
        "/dr/0",
        DemandResponseProgram(
            mRID=b"\1",
            primacy=1,
            ActiveEndDeviceControlListLink=ListLink(href="/dr/0/actedc"),
            EndDeviceControlListLink=ListLink(href="/dr/0/edc"),
        ),
    )
    put(
        "/tp/0",
        TariffProfile(
            mRID=b"\2", primacy=1, serviceCategoryKind=0, RateComponentListLink=ListLink(href="/tp/0/rc")
        ),
    )
    put("/tp/0/rc/0/rt", ReadingType(uom=72))
    put(
        "/tp/0/rc/0",
        RateComponent(
            mRID=b"\3",
            roleFlags=b"\0\0",
            ReadingTypeLink=Link(href="/tp/0/rc/0/rt"),
            TimeTariffIntervalListLink=ListLink(href="/tp/0/rc/0/tti"),
            ActiveTimeTariffIntervalListLink=ListLink(href="/tp/0/rc/0/acttti"),
        ),
    )
    put(
        "/msg/0",
        MessagingProgram(
            mRID=b"\4",
            locale="en-US",
            primacy=1,
            ActiveTextMessageListLink=ListLink(href="/msg/0/acttxt"),
            TextMessageListLink=ListLink(href="/msg/0/txt"),
        ),
    )
    put(
        "/upt/0",
        UsagePoint(
            mRID=b"\5",
            roleFlags=b"\0\2",
            serviceCategoryKind=0,
            status=1,
            MeterReadingListLink=ListLink(href="/upt/0/mr"),
        ),
    )
    for number, (uom, behaviour, value) in enumerate(((72, 9, 1_000_000), (38, 12, 750))):
        path = f"/upt/0/mr/{number}"
        put(f"{path}/rt", ReadingType(uom=uom, accumulationBehaviour=behaviour, commodity=1))
        put(f"{path}/r", Reading(value=value))
        meter = MeterReading(mRID=bytes([6, number]), ReadingTypeLink=Link(href=f"{path}/rt"))
        meter.ReadingLink = Link(href=f"{path}/r")
        put(path, meter)


def model_esi(peer: Peer, now: float, **settings: Any) -> Esi:
    """Return a furnished ESI at which `peer` is registered."""
    esi = Esi(Settings(**settings))
    furnish(esi)
    esi.admit(peer, PIN, now)
    return esi

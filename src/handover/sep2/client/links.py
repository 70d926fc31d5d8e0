"""Which links a client follows from which resource, and where an href leads. No fetching here."""

from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from handover.sep2.resources import (
    billing,
    der,
    device_capability,
    drlc,
    end_device,
    file_download,
    flow_reservation,
    function_set_assignments,
    messaging,
    metering,
    prepayment,
    pricing,
    time,
)

FUNCTION_SETS = (
    "DemandResponseProgramListLink",
    "TariffProfileListLink",
    "MessagingProgramListLink",
    "UsagePointListLink",
    "DERProgramListLink",
    "CustomerAccountListLink",
    "PrepaymentListLink",
    "FileListLink",
)
"""The links of an assignment that lead to function sets; DeviceCapability may carry them too."""

FOLLOWED: dict[type[Any], tuple[tuple[str, ...], ...]] = {
    device_capability.DeviceCapability: (
        ("TimeLink",),
        ("EndDeviceListLink",),
        *((name,) for name in FUNCTION_SETS),
    ),
    end_device.EndDevice: (
        ("RegistrationLink",),
        ("FunctionSetAssignmentsListLink",),
        ("FlowReservationResponseListLink",),
    ),
    function_set_assignments.FunctionSetAssignments: (("TimeLink",), *((name,) for name in FUNCTION_SETS)),
    drlc.DemandResponseProgram: (("EndDeviceControlListLink", "ActiveEndDeviceControlListLink"),),
    pricing.TariffProfile: (("RateComponentListLink",),),
    pricing.RateComponent: (
        ("ReadingTypeLink",),
        ("TimeTariffIntervalListLink", "ActiveTimeTariffIntervalListLink"),
    ),
    pricing.TimeTariffInterval: (("ConsumptionTariffIntervalListLink",),),
    messaging.MessagingProgram: (("TextMessageListLink", "ActiveTextMessageListLink"),),
    metering.UsagePoint: (("MeterReadingListLink",),),
    metering.MeterReading: (("ReadingTypeLink",), ("ReadingLink",), ("ReadingSetListLink",)),
    metering.ReadingSet: (("ReadingListLink",),),
    der.DERProgram: (
        ("DefaultDERControlLink",),
        ("DERControlListLink", "ActiveDERControlListLink"),
        ("DERCurveListLink",),
    ),
    billing.CustomerAccount: (("CustomerAgreementListLink",), ("ServiceSupplierLink",)),
    billing.CustomerAgreement: (
        ("BillingPeriodListLink", "ActiveBillingPeriodListLink"),
        ("HistoricalReadingListLink",),
        ("ProjectionReadingListLink", "ActiveProjectionReadingListLink"),
        ("TargetReadingListLink", "ActiveTargetReadingListLink"),
    ),
    prepayment.Prepayment: (
        ("AccountBalanceLink",),
        ("PrepayOperationStatusLink",),
        ("CreditRegisterListLink", "ActiveCreditRegisterListLink"),
        ("SupplyInterruptionOverrideListLink", "ActiveSupplyInterruptionOverrideListLink"),
    ),
}
"""From a resource, in this order; of alternatives (some servers leave one out) the first that is there."""

TARGETS: dict[str, type[Any]] = {
    "TimeLink": time.Time,
    "EndDeviceListLink": end_device.EndDeviceList,
    "RegistrationLink": end_device.Registration,
    "FunctionSetAssignmentsListLink": function_set_assignments.FunctionSetAssignmentsList,
    "DemandResponseProgramListLink": drlc.DemandResponseProgramList,
    "EndDeviceControlListLink": drlc.EndDeviceControlList,
    "ActiveEndDeviceControlListLink": drlc.EndDeviceControlList,
    "TariffProfileListLink": pricing.TariffProfileList,
    "RateComponentListLink": pricing.RateComponentList,
    "TimeTariffIntervalListLink": pricing.TimeTariffIntervalList,
    "ActiveTimeTariffIntervalListLink": pricing.TimeTariffIntervalList,
    "ConsumptionTariffIntervalListLink": pricing.ConsumptionTariffIntervalList,
    "MessagingProgramListLink": messaging.MessagingProgramList,
    "TextMessageListLink": messaging.TextMessageList,
    "ActiveTextMessageListLink": messaging.TextMessageList,
    "UsagePointListLink": metering.UsagePointList,
    "MeterReadingListLink": metering.MeterReadingList,
    "ReadingTypeLink": metering.ReadingType,
    "ReadingLink": metering.Reading,
    "ReadingSetListLink": metering.ReadingSetList,
    "ReadingListLink": metering.ReadingList,
    "DERProgramListLink": der.DERProgramList,
    "DefaultDERControlLink": der.DefaultDERControl,
    "DERControlListLink": der.DERControlList,
    "ActiveDERControlListLink": der.DERControlList,
    "DERCurveListLink": der.DERCurveList,
    "CustomerAccountListLink": billing.CustomerAccountList,
    "CustomerAgreementListLink": billing.CustomerAgreementList,
    "ServiceSupplierLink": billing.ServiceSupplier,
    "BillingPeriodListLink": billing.BillingPeriodList,
    "ActiveBillingPeriodListLink": billing.BillingPeriodList,
    "HistoricalReadingListLink": billing.HistoricalReadingList,
    "ProjectionReadingListLink": billing.ProjectionReadingList,
    "ActiveProjectionReadingListLink": billing.ProjectionReadingList,
    "TargetReadingListLink": billing.TargetReadingList,
    "ActiveTargetReadingListLink": billing.TargetReadingList,
    "PrepaymentListLink": prepayment.PrepaymentList,
    "AccountBalanceLink": prepayment.AccountBalance,
    "PrepayOperationStatusLink": prepayment.PrepayOperationStatus,
    "CreditRegisterListLink": prepayment.CreditRegisterList,
    "ActiveCreditRegisterListLink": prepayment.CreditRegisterList,
    "SupplyInterruptionOverrideListLink": prepayment.SupplyInterruptionOverrideList,
    "ActiveSupplyInterruptionOverrideListLink": prepayment.SupplyInterruptionOverrideList,
    "FileListLink": file_download.FileList,
    "FlowReservationResponseListLink": flow_reservation.FlowReservationResponseList,
}
"""What is expected at the other end of a link."""

EVERYTHING = frozenset(TARGETS)


def followed(resource: Any, wanted: frozenset[str]) -> list[tuple[str, Any]]:
    """Return (name, link) of the links to follow from `resource`, as far as their names are `wanted`."""
    found = []
    for alternatives in FOLLOWED.get(type(resource), ()):
        for name in alternatives:
            link = getattr(resource, name)
            if link is not None and name in wanted:
                found.append((name, link))
                break
    return found


@lru_cache(4096)
def local(href: str, base: str, authority: str | None) -> str | None:
    """Return where `href`, found in the document at `base`, leads on the same server, or None.

    None for another server (a device calls nobody but its server) and for what is not a proper reference.
    `authority` is the server's "host:port"; without it only hrefs without a host are followed.
    """
    try:
        parts = urlsplit(href.strip())
        if parts.scheme or parts.netloc:
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
            if authority is None or f"{parts.hostname}:{port}".lower() != authority.lower():
                return None
        path = urljoin(base.partition("?")[0], parts.path or "/")
    except ValueError:
        return None
    target = f"{path}?{parts.query}" if parts.query else path
    clean = target.isascii() and target.isprintable() and " " not in target
    return target if clean and target.startswith("/") else None

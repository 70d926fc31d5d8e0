"""The clusters of Smart Energy: Price, DRLC, Simple Metering, Messaging, Tunneling, Prepayment."""

from handover.mapping.chart.entry import (
    EXACT,
    LATER,
    LOCAL,
    LOSSY,
    NONE,
    Row,
    client,
    commands,
    server,
    span,
)
from handover.sep1.clusters import drlc, messaging, metering, price
from handover.sep1.clusters.prepayment import SelectAvailableEmergencyCredit
from handover.sep1.clusters.tunneling import TUNNELING

LEFT_OUT = "0x86; SEP 2.0: left out"
NOT_FOUND = "0x8B NOT_FOUND; SEP 2.0: an empty list"

PRICE = (
    server(
        span(0x0000, 0x000E),
        "TimeTariffInterval.description",
        LOSSY,
        LATER,
        "where a price has none",
        LEFT_OUT,
    ),
    server(
        span(0x0100, 0x010E), "startValue of a block", EXACT, LATER, "threshold N starts block N+1", LEFT_OUT
    ),
    server(
        [0x0200, 0x0201],
        "BillingPeriod.interval",
        LATER,
        LATER,
        "blocks begin anew with each period",
        LEFT_OUT,
    ),
    server([0x0202, 0x0203], "startValue", EXACT, LATER, "scale of the thresholds", LEFT_OUT),
    server([0x0300], "ReadingType.commodity", EXACT, EXACT, "when the unit does not say it"),
    server([0x0301], "-", NONE, NONE, "a standing charge has no element that is a price", LEFT_OUT),
    server([0x0302, 0x0303], "ReadingType.conversionFactor", LATER, LATER, "value and digits", LEFT_OUT),
    server(span(0x0304, 0x0306), "ReadingType.calorificValue", LATER, LATER, "value, unit, digits", LEFT_OUT),
    server(
        span(0x0400, 0x04FF),
        "ConsumptionTariffInterval.price",
        EXACT,
        LATER,
        "price of tier and block",
        LEFT_OUT,
    ),
    server([0x0700, 0x0701], "BillingPeriod.interval", LATER, LATER, "the running billing period", LEFT_OUT),
    client(span(0x0000, 0x0002), "-", LOCAL, LOCAL, "how a device spreads its reaction: stays in the device"),
    commands(
        [price.PublishPrice],
        "TariffProfile, RateComponent, TimeTariffInterval, ConsumptionTariffInterval",
        LOSSY,
        LOSSY,
        "one bundle a price; B: never overlapping, under ids that only grow",
        "0x85, 0x8A; SEP 2.0 200 with an empty list",
    ),
    commands(
        [price.PriceAcknowledgement],
        "PriceResponse 1",
        LOCAL,
        EXACT,
        "A: the gateway has stored it; B: under the device's LFDI, if asked for",
    ),
    commands(
        [price.GetCurrentPrice, price.GetScheduledPrices],
        "GET TimeTariffIntervalList",
        EXACT,
        EXACT,
        "answered from what is held",
        NOT_FOUND,
    ),
    commands(
        [price.PublishBlockPeriod, price.GetBlockPeriods],
        "BillingPeriod",
        LATER,
        LATER,
        "start and duration of the period",
        "0x81",
    ),
    commands(
        [
            price.PublishConversionFactor,
            price.PublishCalorificValue,
            price.GetConversionFactor,
            price.GetCalorificValue,
        ],
        "ReadingType",
        LATER,
        LATER,
        "for gas: unit values of the reading type",
        "0x81",
    ),
)

DRLC = (
    client([0x0000], "DemandResponseProgram", EXACT, LOCAL, "A: one a group; B: groups are not used"),
    client([0x0001, 0x0002], "randomizeStart, randomizeDuration", EXACT, LOCAL, "A: minutes; B: drawn here"),
    client([0x0003], "EndDevice.deviceCategory", EXACT, LOSSY, "classes are coarser than categories"),
    commands(
        [drlc.LoadControlEvent],
        "EndDeviceControl",
        LOSSY,
        LOSSY,
        "offsets, set points, duty cycle, adjustment; B: parts that never overlap",
        "0xFE, 0xFB; SEP 2.0: 252, 253, 254; nothing when no device is meant",
    ),
    commands(
        [drlc.CancelLoadControlEvent],
        "EventStatus 2 or 3",
        LOSSY,
        LOSSY,
        "A: the rest of a partly cancelled event is issued anew; B: at the moment drawn for each device",
        "0xFD, 0xF9, 0xF8",
    ),
    commands([drlc.CancelAllLoadControlEvents], "EventStatus 2 or 3", EXACT, LOCAL, "every event"),
    commands(
        [drlc.ReportEventStatus],
        "DrResponse",
        LOSSY,
        LOSSY,
        "A: one report for all devices; B: per device, as far as responseRequired asks",
        "SEP 2.0: 400 for an unknown subject",
    ),
    commands([drlc.GetScheduledEvents], "GET EndDeviceControlList", EXACT, EXACT, "what is held", NOT_FOUND),
)

METERING = (
    server(
        [0x0000, 0x0001], "Reading, accumulationBehaviour 9", EXACT, EXACT, "the divisor is a power of ten"
    ),
    server(
        [0x0002, 0x0003, 0x0008, 0x0009],
        "Reading, dataQualifier 8",
        EXACT,
        LOSSY,
        "maximum demand with its time",
    ),
    server([0x0006], "Reading, uom 65", EXACT, EXACT, "hundredths"),
    server([0x0007], "Reading.timePeriod", EXACT, EXACT, "the time of the registers"),
    server([0x000A, 0x000B], "-", LOCAL, LOCAL, "how often a register is read"),
    server(
        [0x000C, 0x001C],
        "ReadingSet over the block period",
        EXACT,
        LATER,
        "accumulationBehaviour 4",
        LEFT_OUT,
    ),
    server([0x0014], "UsagePoint.status", LOSSY, LATER, "off and off but armed are both 0", LEFT_OUT),
    server(span(0x0100, 0x011D), "Reading.touTier", EXACT, EXACT, "one set; the tier by its register"),
    server([0x0200], "UsagePoint.status, LogEvent", LOSSY, LOSSY, "bit 6: the switch; risen bits: entries"),
    server(span(0x0300, 0x0302), "ReadingType.uom, powerOfTenMultiplier", EXACT, EXACT, "unit, scale, BCD"),
    server([0x0306], "serviceCategoryKind, commodity, roleFlags", EXACT, LOSSY, "what is metered"),
    server(
        [0x0307, 0x0308], "UsagePoint.description, mfSerNum", LOSSY, LATER, "texts of 32 octets", LEFT_OUT
    ),
    server([0x0400], "Reading, accumulationBehaviour 12", EXACT, LOSSY, "forward and reverse; B: 24 bits"),
    server(span(0x0401, 0x0404), "ReadingSet of a day", EXACT, LATER, "day by the local clock", LEFT_OUT),
    server(
        span(0x0405, 0x0408), "ReadingSet being made", EXACT, LATER, "reserved mRID while it grows", LEFT_OUT
    ),
    server([0x000F, 0x0500], "ReadingType.intervalLength", LATER, LATER, "of the load profile", LEFT_OUT),
    server(
        span(0x0600, 0x0603),
        "supplyLimit, intervalLength, subIntervalLength",
        EXACT,
        LATER,
        "the limit",
        LEFT_OUT,
    ),
    server(span(0x0700, 0x07FF), "Reading.consumptionBlock", EXACT, EXACT, "block, and tier if any"),
    server(
        [0x0004, 0x0005, 0x000D, 0x000E, *span(0x0010, 0x0013), *span(0x0201, 0x0203)],
        "-",
        NONE,
        NONE,
        "settings and counters of the meter without an element",
        LEFT_OUT,
    ),
    server(span(0x0303, 0x0305), "-", NONE, LOCAL, "formatting is for displays and scales nothing", LEFT_OUT),
    server(
        [*span(0x0015, 0x001B), *span(0x0309, 0x030D), *span(0x0411, 0x0416)],
        "-",
        NONE,
        NONE,
        "heat meters: energy carriers and temperatures are not translated",
        LEFT_OUT,
    ),
    server(
        [*span(0x0409, 0x0410), *span(0x0C00, 0x0C10), *span(0x0800, 0x0805)],
        "-",
        NONE,
        NONE,
        "pressures, further maxima, alternative registers, alarm masks",
        LEFT_OUT,
    ),
    commands(
        [metering.GetProfile, metering.GetProfileResponse],
        "ReadingSet, ReadingList",
        LATER,
        LATER,
        "intervals, the oldest first; an invalid one keeps its place",
        "status 5: no intervals; SEP 2.0: left out",
    ),
    commands(
        [
            metering.RequestMirror,
            metering.RequestMirrorResponse,
            metering.RemoveMirror,
            metering.MirrorRemoved,
        ],
        "MirrorUsagePoint",
        LATER,
        EXACT,
        "B: a battery meter's mirror here is a mirror at the server",
        "0xFFFF: no room",
    ),
    commands(
        [metering.RequestFastPollMode, metering.RequestFastPollModeResponse],
        "pollRate",
        LATER,
        NONE,
        "A: while a client polls that fast",
        "0x81",
    ),
)

MESSAGING = (
    commands(
        [messaging.DisplayMessage],
        "TextMessage",
        LOSSY,
        LOSSY,
        "importance is priority; B: one at a time, the most important first",
        "0x85 for inter-PAN only",
    ),
    commands([messaging.CancelMessage], "EventStatus 2", EXACT, EXACT, "at once"),
    commands(
        [messaging.MessageConfirmation],
        "TextResponse 11",
        LOSSY,
        LOSSY,
        "a person's act; A: the first of all devices",
    ),
    commands([messaging.GetLastMessage], "GET TextMessageList", EXACT, EXACT, "what is shown", NOT_FOUND),
)

TUNNELING_ROWS = (
    server([0x0000], "-", NONE, LOCAL, "how long an idle tunnel lives", "0x86"),
    commands(
        [row.type for row in (*TUNNELING.to_server.values(), *TUNNELING.to_client.values())],
        "-",
        NONE,
        NONE,
        "octets of another protocol: passing them through would be no translation",
        "tunnelStatus 3 and an empty list of protocols",
    ),
)

PREPAYMENT = (
    server([0x0000], "Prepayment.prepayMode", LATER, LATER, "credit, or kept by the ESI", LEFT_OUT),
    server(
        [0x0001, 0x0002], "AccountBalance", LATER, LATER, "money or energy, by the price's currency", LEFT_OUT
    ),
    server(
        [0x0003], "creditStatus, creditTypeInUse", LATER, LATER, "negative, exhausted, low, fine", LEFT_OUT
    ),
    server(
        [i for slot in range(5) for i in span(0x0100 + 16 * slot, 0x0102 + 16 * slot)],
        "CreditRegister",
        LATER,
        LATER,
        "a top-up with time, amount and origin; tokens are not known",
        LEFT_OUT,
    ),
    commands(
        [SelectAvailableEmergencyCredit],
        "PrepayOperationStatus.creditTypeChange",
        NONE,
        LATER,
        "A: nobody below chooses the meter's credit",
        "405; 0x01 FAILURE",
    ),
)

CLUSTERS: dict[int, tuple[Row, ...]] = {
    0x0700: PRICE,
    0x0701: DRLC,
    0x0702: METERING,
    0x0703: MESSAGING,
    0x0704: TUNNELING_ROWS,
    0x0705: PREPAYMENT,
}

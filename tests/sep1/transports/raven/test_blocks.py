import pytest

from handover.errors import DecodeError
from handover.sep1.clusters.price import PublishBlockPeriod
from handover.sep1.transports.raven.documents import translate
from handover.sep1.transports.raven.meaning import Meaning, Publication, Report, Several, Silence
from handover.sep1.transports.raven.prices import PriceMemory
from sep1.transports.raven.samples import STAMP, hexadecimal, make

PRICE, METERING = 0x0700, 0x0702
START = STAMP - 1000
NO_BLOCKS = Silence("no blocks", wanting=True)


def block(**fields: str) -> Meaning:
    given = {
        "TimeStamp": hexadecimal(STAMP),
        "CurrentStart": hexadecimal(START),
        "CurrentDuration": "0x2ad1",
        "BlockPeriodConsumption": "0x0000000000038fa2",
        "BlockPeriodConsumptionMultiplier": "0x00000001",
        "BlockPeriodConsumptionDivisor": "0x000003e8",
        "NumberOfBlocks": "0x03",
        "Multiplier": "0x00000001",
        "Divisor": "0x0000000a",
        "Price1": "0x0000031d",
        "Threshold1": "0x000002c6",
        "Price2": "0x000004ab",
        "Threshold2": "0x000003e8",
        "Price3": "0x00000500",
    }
    return translate(make("BlockPriceDetail", **(given | fields)), PriceMemory())


def attributes(meaning: Meaning, cluster_id: int = PRICE) -> dict[int, int]:
    assert isinstance(meaning, Several)
    found = [
        part.values for part in meaning.parts if isinstance(part, Report) and part.cluster_id == cluster_id
    ]
    return found[0] if found else {}


def test_a_document_tells_of_period_thresholds_prices_and_consumption() -> None:
    assert block() == Several(
        (
            Publication(PRICE, PublishBlockPeriod(0, START, START, 0x2AD1, 2, 0)),
            Report(
                PRICE,
                {
                    0x0200: START,
                    0x0201: 0x2AD1,
                    0x0100: 0x2C6,
                    0x0101: 1000,
                    0x0400: 0x31D,
                    0x0401: 0x4AB,
                    0x0402: 0x500,
                    0x0202: 1,
                    0x0203: 10,
                },
            ),
            Report(METERING, {0x000C: 0x38FA2, 0x0007: STAMP, 0x0301: 1, 0x0302: 1000}),
        )
    )


@pytest.mark.parametrize("count", ["0x00", "0x11", ""])
def test_without_blocks_there_is_nothing_to_tell(count: str) -> None:
    assert block(NumberOfBlocks=count) == NO_BLOCKS


@pytest.mark.parametrize("start", ["0x00000000", "0xffffffff", ""])
def test_a_period_without_a_start_is_left_out(start: str) -> None:
    meaning = block(CurrentStart=start)
    assert isinstance(meaning, Several)
    assert not any(isinstance(part, Publication) for part in meaning.parts)
    assert 0x0200 not in attributes(meaning)
    assert attributes(meaning)[0x0400] == 0x31D


@pytest.mark.parametrize("duration", ["0x0000", "", "0x1000000"])
def test_a_length_that_is_missing_is_the_invalid_marker(duration: str) -> None:
    assert attributes(block(CurrentDuration=duration))[0x0201] == 0xFFFFFF


def test_a_threshold_after_a_gap_does_not_pass_for_the_one_missing() -> None:
    meaning = block(Threshold1="")
    assert {0x0100, 0x0101, 0x0202, 0x0203}.isdisjoint(attributes(meaning))
    assert isinstance(meaning, Several)
    [period] = [part.command for part in meaning.parts if isinstance(part, Publication)]
    assert isinstance(period, PublishBlockPeriod)
    assert period.number_of_price_tiers_and_number_of_block_thresholds == 0


def test_what_is_marked_as_missing_or_out_of_range() -> None:
    meaning = block(Price2="0xffffffff", Multiplier="0x00000000", Divisor="0x01000000")
    assert {0x0401, 0x0202, 0x0203}.isdisjoint(attributes(meaning))
    assert attributes(block(BlockPeriodConsumption="0xffffffffffffffff"), METERING)[0x000C] == 0xFFFFFFFFFFFF
    assert attributes(block(TimeStamp="0x00000000"), METERING) == {}
    assert attributes(block(BlockPeriodConsumption=""), METERING) == {}


def test_nothing_but_a_number_of_blocks() -> None:
    document = make("BlockPriceDetail", NumberOfBlocks="0x02")
    assert translate(document, PriceMemory()) == NO_BLOCKS


def test_nonsense_is_an_error_of_the_stick() -> None:
    with pytest.raises(DecodeError, match="Price1"):
        block(Price1="cheap")


def test_a_billing_period() -> None:
    document = make("BillingPeriodList", CurrentStart=hexadecimal(START), CurrentDuration="0xa8c0")
    assert translate(document, PriceMemory()) == Report(PRICE, {0x0700: START, 0x0701: 0xA8C0})
    # As an EMU-2 sends it: a length that no billing period has.
    document = make("BillingPeriodList", CurrentStart="0x28518880", CurrentDuration="0x3983db9")
    assert translate(document, PriceMemory()) == Report(PRICE, {0x0700: 0x28518880, 0x0701: 0xFFFFFF})
    document = make("BillingPeriodList", CurrentStart="0x00000000")
    assert translate(document, PriceMemory()) == Silence("no billing period", wanting=True)

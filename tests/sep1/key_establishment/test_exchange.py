"""Exchanges that make a key, and all those that must not."""

import dataclasses
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from handover.errors import NotNow, Refused
from handover.sep1 import frame as zcl
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.clusters.key_establishment import (
    ConfirmKeyDataRequest,
    ConfirmKeyDataResponse,
    EphemeralDataRequest,
    EphemeralDataResponse,
    InitiateKeyEstablishmentRequest,
    InitiateKeyEstablishmentResponse,
    TerminationStatus,
)
from handover.sep1.declaration import Command
from handover.sep1.general import ReadAttributesResponse
from handover.sep1.key_establishment.states import INITIATOR, RESPONDER
from handover.sep1.security.certificate import KeyUsage
from sep1.key_establishment.pair import DEVICE, ESI, THIRD, Pair, credentials, wallet


def body_of(frame: ApsFrame) -> object:
    header, at = zcl.parse_header(frame.payload)
    return zcl.parse_body(frame.cluster_id, header, frame.payload[at:])


def rewritten(frame: ApsFrame, body: Command) -> ApsFrame:
    header, _ = zcl.parse_header(frame.payload)
    payload = zcl.build(frame.cluster_id, body, sequence=header.sequence, to_client=header.to_client)
    return replace(frame, payload=payload)


def flipped(octets: bytes, bit: int = 0) -> bytes:
    at = len(octets) - 1 - bit // 8
    return octets[:at] + bytes((octets[at] ^ 1 << bit % 8,)) + octets[at + 1 :]


def test_the_tables_have_no_dead_end() -> None:
    assert INITIATOR.problems() == []
    assert RESPONDER.problems() == []


@pytest.mark.parametrize("suite", [1, 2])
def test_both_sides_get_the_same_key(suite: int) -> None:
    pair = Pair()
    pair.start(suite=suite)
    keys = pair.keys()
    assert [k.suite for k in keys[ESI] + keys[DEVICE]] == [suite, suite]
    assert keys[ESI][0].key == keys[DEVICE][0].key
    assert (keys[ESI][0].partner, keys[DEVICE][0].partner) == (DEVICE, ESI)
    assert keys[ESI][0].key.hex() not in repr(keys)
    assert [type(body_of(f)) for f in pair.frames] == [
        InitiateKeyEstablishmentRequest,
        InitiateKeyEstablishmentResponse,
        EphemeralDataRequest,
        EphemeralDataResponse,
        ConfirmKeyDataRequest,
        ConfirmKeyDataResponse,
    ]
    assert pair.nodes[ESI].responder.partners == pair.nodes[DEVICE].initiator.partners == []


def test_every_exchange_makes_another_key() -> None:
    pair = Pair(wallet(DEVICE, 1))
    for _ in range(3):
        pair.start()
    assert len({k.key for k in pair.keys()[ESI]}) == 3


@pytest.mark.parametrize(
    ("device", "esi", "suite"), [((1, 2), (1, 2), 2), ((1, 2), (1,), 1), ((1,), (1, 2), 1), ((2,), (1, 2), 2)]
)
def test_the_strongest_suite_of_both_is_chosen(
    device: tuple[int, ...], esi: tuple[int, ...], suite: int
) -> None:
    pair = Pair(wallet(DEVICE, *device), wallet(ESI, *esi))
    pair.start()
    assert [k.suite for k in pair.keys()[ESI]] == [suite]


def test_a_partner_that_does_not_tell_its_suites_is_asked_for_the_first() -> None:
    def middle(frame: ApsFrame) -> Iterator[ApsFrame]:
        if not isinstance(body_of(frame), ReadAttributesResponse):
            yield frame

    pair = Pair(middle=middle)
    pair.start()
    pair.passes(30)
    assert [k.suite for k in pair.keys()[ESI]] == [1]


def test_no_common_suite_makes_no_key() -> None:
    pair = Pair(wallet(DEVICE, 2), wallet(ESI, 1))
    pair.start()
    assert pair.keys() == {DEVICE: [], ESI: []}
    assert [f.status for f in pair.failures(DEVICE)] == [TerminationStatus.UNSUPPORTED_SUITE]
    both = Pair(wallet(DEVICE, 1, 2), wallet(ESI, 1))
    both.start(suite=2)
    assert [f.status for f in both.failures(DEVICE)] == [TerminationStatus.UNSUPPORTED_SUITE]


@pytest.mark.parametrize(
    ("owner", "options", "status"),
    [
        (DEVICE, {"issuer": 0x1234}, TerminationStatus.UNKNOWN_ISSUER),
        (ESI, {"issuer": 0x1234}, TerminationStatus.UNKNOWN_ISSUER),
        (DEVICE, {"usage": KeyUsage.SIGNATURE}, TerminationStatus.INVALID_KEY_USAGE),
        (ESI, {"usage": KeyUsage.SIGNATURE}, TerminationStatus.INVALID_KEY_USAGE),
        # An authority that only pretends to be ours: it shows in the confirmation.
        (DEVICE, {"seed": 99}, TerminationStatus.BAD_KEY_CONFIRM),
        (ESI, {"seed": 99}, TerminationStatus.BAD_KEY_CONFIRM),
    ],
)
def test_a_certificate_that_is_not_good_makes_no_key(
    owner: int, options: dict[str, object], status: TerminationStatus
) -> None:
    wallets = {DEVICE: wallet(DEVICE, 2), ESI: wallet(ESI, 2), owner: wallet(owner, 2, **options)}
    pair = Pair(wallets[DEVICE], wallets[ESI])
    pair.start()
    assert pair.keys() == {DEVICE: [], ESI: []}
    assert {f.status for n in (DEVICE, ESI) for f in pair.failures(n)} == {status}


def test_somebody_elses_certificate_makes_no_key() -> None:
    pair = Pair({1: credentials(THIRD, 1)}, wallet(ESI, 1))
    pair.start()
    assert pair.keys() == {DEVICE: [], ESI: []}
    assert [f.status for f in pair.failures(ESI)] == [TerminationStatus.BAD_MESSAGE]


@pytest.mark.parametrize(
    "kind",
    [
        InitiateKeyEstablishmentRequest,
        InitiateKeyEstablishmentResponse,
        EphemeralDataRequest,
        EphemeralDataResponse,
        ConfirmKeyDataRequest,
        ConfirmKeyDataResponse,
    ],
)
@pytest.mark.parametrize("bit", [0, 3, 77])
def test_a_changed_octet_makes_no_common_key(kind: type[Command], bit: int) -> None:
    """Whatever is changed on the way: the two never end with a key that only one of them believes in."""

    def middle(frame: ApsFrame) -> Iterator[ApsFrame]:
        body = body_of(frame)
        if isinstance(body, kind):
            name = dataclasses.fields(body)[-1].name
            if name == "fields_present":
                name = dataclasses.fields(body)[-2].name
            yield rewritten(frame, replace(body, **{name: flipped(getattr(body, name), bit)}))
        else:
            yield frame

    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1), middle)
    pair.start()
    pair.passes(120)
    keys = pair.keys()
    assert keys[DEVICE] == []
    # The responder proves itself last: when only its proof is damaged it has the key already, rightly.
    assert bool(keys[ESI]) == (kind is ConfirmKeyDataResponse)
    assert pair.failures(DEVICE)


@pytest.mark.parametrize("own_certificate", [False, True])
def test_reflected_frames_make_no_key(own_certificate: bool) -> None:
    """A partner that plays back what it gets, certificate and ephemeral key."""

    def middle(frame: ApsFrame) -> Iterator[ApsFrame]:
        body = body_of(frame)
        back = replace(frame, source=ESI, destination=DEVICE)
        header, _ = zcl.parse_header(frame.payload)

        def answer(command: Command) -> ApsFrame:
            payload = zcl.build(frame.cluster_id, command, sequence=header.sequence, to_client=True)
            return replace(back, payload=payload)

        if isinstance(body, InitiateKeyEstablishmentRequest):
            genuine = credentials(ESI, 1).certificate.octets
            identity = body.identity if own_certificate else genuine
            yield answer(InitiateKeyEstablishmentResponse(1, 1, 1, identity))
        elif isinstance(body, EphemeralDataRequest):
            yield answer(EphemeralDataResponse(body.ephemeral_data))
        elif isinstance(body, ConfirmKeyDataRequest):
            yield answer(ConfirmKeyDataResponse(body.secure_message_authentication_code))

    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1), middle)
    pair.start()
    assert pair.keys() == {DEVICE: [], ESI: []}
    assert [f.status for f in pair.failures(DEVICE)] == [TerminationStatus.BAD_MESSAGE]


def test_a_recorded_exchange_played_back_makes_no_key() -> None:
    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1))
    pair.start()
    recorded = [f for f in pair.frames if f.destination == ESI]
    pair.heard.clear()
    pair.middle = lambda frame: ()
    for frame in recorded:
        pair.arrives(frame)
        pair.passes(0.1)
    assert pair.keys()[ESI] == []
    assert [f.status for f in pair.failures(ESI)] == [TerminationStatus.BAD_KEY_CONFIRM]


def test_a_third_node_cannot_step_in() -> None:
    """Frames of the right content from another sender count for nothing in the exchange."""
    seen: list[ApsFrame] = []

    def middle(frame: ApsFrame) -> Iterator[ApsFrame]:
        seen.append(frame)
        yield replace(frame, source=THIRD)
        yield frame

    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1), middle)
    pair.start()
    keys = pair.keys()
    assert [k.partner for k in keys[ESI]] == [DEVICE]
    assert keys[DEVICE][0].key == keys[ESI][0].key
    assert pair.nodes[ESI].dropped["unmatched"] >= 2


@pytest.mark.parametrize("order", [(2,), (0, 2), (1,), (0, 1, 1), (1, 0, 2), (2, 1, 0)])
def test_steps_out_of_order_make_no_key(order: tuple[int, ...]) -> None:
    honest = Pair(wallet(DEVICE, 1), wallet(ESI, 1))
    honest.start()
    steps = [f for f in honest.frames if f.destination == ESI]
    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1), middle=lambda frame: ())
    for step in order:
        pair.arrives(steps[step])
    pair.passes(120)
    assert pair.keys()[ESI] == []
    assert pair.nodes[ESI].responder.partners == []


@pytest.mark.parametrize("lost", range(6))
def test_an_exchange_that_breaks_off_ends_in_time_and_can_begin_again(lost: int) -> None:
    count = iter(range(1000))

    def middle(frame: ApsFrame) -> Iterator[ApsFrame]:
        if next(count) != lost:
            yield frame

    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1), middle)
    pair.start()
    pair.passes(1)
    with pytest.raises(NotNow, match="being established"):
        pair.start()
    pair.passes(60)
    assert pair.keys()[DEVICE] == []
    assert pair.failures(DEVICE)[0].status is None
    assert pair.nodes[ESI].responder.partners == []
    pair.passes(20)
    pair.start()
    assert pair.keys()[DEVICE][-1].key == pair.keys()[ESI][-1].key


def test_a_failed_device_is_told_to_wait_and_does() -> None:
    pair = Pair(wallet(DEVICE, 1, seed=99), wallet(ESI, 1))
    pair.start()
    assert [f.status for f in pair.failures(DEVICE)] == [TerminationStatus.BAD_KEY_CONFIRM]
    with pytest.raises(NotNow, match="asked to wait 10 seconds more"):
        pair.start()
    impatient = pair.nodes[DEVICE] = type(pair.nodes[DEVICE])(
        DEVICE, wallet(DEVICE, 1), random.Random(3).randbytes
    )
    pair.start()
    assert pair.failures(DEVICE)[-1].status == TerminationStatus.NO_RESOURCES
    pair.passes(11)
    pair.start()
    assert len(pair.keys()[DEVICE]) == 1
    assert impatient.dropped == {}


def test_more_devices_than_there_is_room_for_are_asked_to_wait() -> None:
    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1), limit=0)
    pair.start()
    assert [(f.status, f.ours, f.wait) for f in pair.failures(DEVICE)] == [
        (TerminationStatus.NO_RESOURCES, False, 10)
    ]


def test_a_device_that_restarted_begins_anew() -> None:
    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1))
    pair.middle = lambda frame: (frame,) if frame.destination == ESI else ()
    pair.start()
    assert pair.nodes[ESI].responder.partners == [DEVICE]
    pair.middle = lambda frame: (frame,)
    pair.nodes[DEVICE].forget(ESI)
    pair.start()
    assert pair.keys()[DEVICE][0].key == pair.keys()[ESI][0].key


def test_what_cannot_be_asked_for_and_what_is_served() -> None:
    pair = Pair(wallet(DEVICE, 1), wallet(ESI, 1))
    with pytest.raises(Refused, match="no credentials of suite 2"):
        pair.start(suite=2)
    with pytest.raises(Refused, match="at least one suite"):
        type(pair.nodes[ESI])(ESI, {}, random.Random(1).randbytes)
    pair.start()
    opening = replace(pair.frames[0], destination=BROADCAST)
    assert [type(o).__name__ for o in pair.nodes[ESI].handle(opening, pair.now)] == ["FrameDropped"]

"""What every transport promises, whatever it runs over."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from handover.errors import EncodeError, NotNow
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.client import AttributesReceived, HanClient, Output, Send
from handover.sep1.clusters.price import GetCalorificValue
from handover.sep1.declaration import Command
from handover.sep1.general import DefaultResponse, GeneralCommand, ReadAttributes, ReadAttributesResponse
from handover.sep1.transports import TRANSPORTS, Transport
from sep1.dialogue import METERING, NOW, OURS, PRICE, TIME
from sep1.transports.rigs import RIGS

PATIENCE = 20.0


@pytest.fixture(params=sorted(TRANSPORTS))
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    """Each transport in turn, not yet opened."""
    async with RIGS[request.param]() as made:
        yield made


def question(to: int, cluster_id: int, body: Command | GeneralCommand, sequence: int) -> ApsFrame:
    return ApsFrame(
        source=OURS,
        destination=to,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=cluster_id,
        secured=True,
        payload=zcl.build(cluster_id, body, sequence=sequence, to_client=False),
    )


async def answer_to(transport: Transport, sequence: int, cluster_id: int) -> tuple[ApsFrame, zcl.Zcl]:
    """Return the first frame that answers our question; others come in between."""
    async with asyncio.timeout(PATIENCE):
        async for frame in transport.frames():
            parsed = zcl.parse(frame.cluster_id, frame.payload)
            if parsed.header.sequence == sequence and frame.cluster_id == cluster_id:
                return frame, parsed
    raise AssertionError("the frames ended without an answer")


def test_every_transport_has_a_rig() -> None:
    assert RIGS.keys() == TRANSPORTS.keys()


async def test_a_question_is_answered_to_us(transport: Transport) -> None:
    await transport.open()
    esi = transport.coordinator
    assert esi is not None
    assert transport.eui64 == OURS
    await transport.send(question(esi, TIME, ReadAttributes([0x0000]), 0xA1))
    frame, answer = await answer_to(transport, 0xA1, TIME)
    assert (frame.source, frame.destination) == (esi, OURS)
    assert (frame.destination_endpoint, frame.profile_id) == (1, 0x0109)
    assert frame.secured
    assert answer.header.to_client
    assert isinstance(answer.body, ReadAttributesResponse)
    assert answer.body.records[0].attribute_id == 0x0000


async def test_what_is_not_offered_is_refused(transport: Transport) -> None:
    await transport.open()
    esi = transport.coordinator
    assert esi is not None
    await transport.send(question(esi, PRICE, GetCalorificValue(0, 0xFFFFFFFF, 0), 0xA2))
    _, answer = await answer_to(transport, 0xA2, PRICE)
    assert answer.body in (DefaultResponse(0x05, 0x81), DefaultResponse(0x05, 0x8B))


async def test_a_client_reads_the_meter_through_it(transport: Transport) -> None:
    await transport.open()
    esi = transport.coordinator
    assert esi is not None
    client = HanClient(OURS)
    seen: dict[int, object] = {}

    async def carry_out(outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                await transport.send(output.frame)
            elif isinstance(output, AttributesReceived) and output.cluster_id == METERING:
                seen.update(output.values)

    await carry_out(client.start(esi, NOW))
    async with asyncio.timeout(PATIENCE):
        async for frame in transport.frames():
            await carry_out(client.handle(frame, NOW))
            if {0x0000, 0x0300, 0x0400} <= seen.keys():
                break
    assert isinstance(seen[0x0000], int)


async def test_it_sends_only_while_open_and_only_as_us(transport: Transport) -> None:
    frame = question(0xE, TIME, ReadAttributes([0]), 1)
    with pytest.raises(NotNow):
        await transport.send(frame)
    await transport.open()
    with pytest.raises(NotNow):
        await transport.open()
    frame.source = OURS + 1
    with pytest.raises(EncodeError):
        await transport.send(frame)
    await transport.close()
    frame.source = OURS
    with pytest.raises(NotNow):
        await transport.send(frame)
    with pytest.raises(NotNow):
        await transport.open()


async def test_closing_ends_the_frames_and_is_harmless_twice(transport: Transport) -> None:
    await transport.open()
    waiting = asyncio.create_task(_drain(transport))
    await asyncio.sleep(0)
    await transport.close()
    await transport.close()
    async with asyncio.timeout(PATIENCE):
        await waiting
        assert [frame async for frame in transport.frames()] == []


async def test_closing_what_was_never_opened_is_harmless(transport: Transport) -> None:
    await transport.close()


async def _drain(transport: Transport) -> None:
    async for _ in transport.frames():
        pass

"""ZDP: what a node tells of itself, who may bind it and send it away, and what it asks others."""

from typing import Any

import pytest

from handover.errors import EncodeError
from handover.sep1.declaration import Command
from handover.sep1.network import zdp
from handover.sep1.network.zdp import SimpleDescriptor
from handover.sep1.stack import Role
from handover.sep1.stack.device_objects import BINDINGS, Binding
from handover.sep1.stack.outputs import Answered, Arrived, Delivered, Left, Undelivered
from sep1.stack.home import DEVICE, ESI, ROUTER, SE_DESCRIPTOR, Home

OTHER = 0x00124B0000ABCD09


def asked(home: Home, node: int, whom: int, command: Command) -> Any:
    """What `whom` answers to `node`; None when it does not answer."""
    stack: Any = home.air.station(node)
    home.heard.clear()
    home.does(stack, stack.ask(whom, command, home.now, "token"))
    home.passes(20)
    (answer,) = home.of(Answered, node)
    assert (answer.source, answer.token) == (whom, "token")
    return answer.command


def test_a_node_describes_itself() -> None:
    home = Home()
    device = home.admit(DEVICE, Role.SLEEPY)
    short = device.short
    node = asked(home, ESI, DEVICE, zdp.NodeDescriptorRequest(short))
    assert (node.status, node.short, node.node_type, node.capability) == (0, short, 2, 0x80)
    assert asked(home, DEVICE, ESI, zdp.NodeDescriptorRequest(0)).server_mask == 1
    endpoints = asked(home, ESI, DEVICE, zdp.ActiveEndpointsRequest(short))
    assert endpoints.endpoints == [1]
    described = asked(home, ESI, DEVICE, zdp.SimpleDescriptorRequest(short, 1))
    assert zdp.parse_descriptor(described.descriptor) == SE_DESCRIPTOR
    addresses = asked(home, ESI, DEVICE, zdp.IeeeAddressRequest(short, 0, 0))
    assert (addresses.eui64, addresses.short) == (DEVICE, short)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (zdp.SimpleDescriptorRequest(0, 9), zdp.NOT_ACTIVE),
        (zdp.SimpleDescriptorRequest(0, 0), zdp.INVALID_ENDPOINT),
        (zdp.SimpleDescriptorRequest(0x1234, 1), zdp.DEVICE_NOT_FOUND),
        (zdp.NodeDescriptorRequest(0x1234), zdp.DEVICE_NOT_FOUND),
        (zdp.ActiveEndpointsRequest(0x1234), zdp.DEVICE_NOT_FOUND),
        (zdp.IeeeAddressRequest(0x1234, 0, 0), zdp.DEVICE_NOT_FOUND),
        (zdp.NwkAddressRequest(OTHER, 0, 0), zdp.DEVICE_NOT_FOUND),
        (zdp.LeaveRequest(ESI, 0), zdp.NOT_AUTHORIZED),
        (zdp.PermitJoiningRequest(60, 0), zdp.NOT_AUTHORIZED),
    ],
)
def test_what_a_coordinator_does_not_have_or_do(command: Command, status: int) -> None:
    home = Home()
    home.admit(DEVICE)
    assert asked(home, DEVICE, ESI, command).status == status


@pytest.mark.parametrize(
    ("profile", "inputs", "outputs", "found"),
    [
        (0x0109, [0x0800], [], [1]),
        (0x0109, [0x1234], [0x0702], [1]),
        (0xFFFF, [0x0700], [], [1]),
        (0x0109, [0x1234], [], []),
        (0x0104, [0x0700], [], []),
        (0x0109, [], [], []),
    ],
)
def test_matching(profile: int, inputs: list[int], outputs: list[int], found: list[int]) -> None:
    home = Home()
    home.admit(DEVICE)
    question = zdp.MatchDescriptorRequest(0, profile, len(inputs), inputs, len(outputs), outputs)
    assert asked(home, DEVICE, ESI, question).endpoints == found


def bind(destination: int, cluster: int = 0x0702, source: int = DEVICE, endpoint: int = 1) -> zdp.BindRequest:
    return zdp.BindRequest(source, endpoint, cluster, 3, None, destination, 1)


def test_bindings_are_made_and_taken_back() -> None:
    home = Home()
    device = home.admit(DEVICE)
    assert asked(home, ESI, DEVICE, bind(ESI)).status == zdp.SUCCESS
    assert asked(home, ESI, DEVICE, bind(ESI)).status == zdp.SUCCESS
    assert device.bindings == [Binding(1, 0x0702, ESI, 1)]
    unbind = zdp.UnbindRequest(DEVICE, 1, 0x0702, 3, None, ESI, 1)
    assert asked(home, ESI, DEVICE, unbind).status == zdp.SUCCESS
    assert asked(home, ESI, DEVICE, unbind).status == zdp.NO_ENTRY
    assert device.bindings == []


def test_who_may_bind_what() -> None:
    home = Home()
    device = home.admit(DEVICE)
    home.admit(OTHER)
    assert asked(home, OTHER, DEVICE, bind(ESI)).status == zdp.NOT_AUTHORIZED
    assert asked(home, OTHER, DEVICE, bind(OTHER)).status == zdp.SUCCESS
    assert asked(home, ESI, DEVICE, bind(OTHER, 0x0700)).status == zdp.SUCCESS
    assert asked(home, ESI, DEVICE, bind(ESI, endpoint=7)).status == zdp.INVALID_ENDPOINT
    assert asked(home, ESI, DEVICE, bind(ESI, source=OTHER)).status == zdp.NOT_SUPPORTED
    group = zdp.BindRequest(DEVICE, 1, 0x0702, 1, 0x0001)
    assert asked(home, ESI, DEVICE, group).status == zdp.NOT_SUPPORTED
    for number in range(BINDINGS):
        answer = asked(home, ESI, DEVICE, bind(ESI, number))
    assert answer.status == zdp.TABLE_FULL
    assert len(device.bindings) == BINDINGS


def test_the_trust_centre_sends_a_device_away_and_nobody_else_does() -> None:
    home = Home()
    device = home.admit(DEVICE)
    home.admit(OTHER)
    assert asked(home, OTHER, DEVICE, zdp.LeaveRequest(DEVICE, 0)).status == zdp.NOT_AUTHORIZED
    assert device.joined
    home.does(home.esi, home.esi.ask(DEVICE, zdp.LeaveRequest(DEVICE, 0), home.now))
    home.passes(5)
    assert not device.joined
    assert home.of(Left, DEVICE) == [Left("told to leave")]


def test_a_device_told_to_leave_and_come_back_does() -> None:
    home = Home()
    device = home.admit(DEVICE)
    home.does(home.esi, home.esi.ask(DEVICE, zdp.LeaveRequest(DEVICE, 0x80), home.now))
    home.passes(10)
    assert device.joined
    assert home.of(Left, DEVICE) == [Left("told to leave", rejoining=True)]


def test_only_the_coordinator_opens_the_network() -> None:
    home = Home()
    home.admit(ROUTER, Role.ROUTER)
    insider = home.admit(OTHER)
    home.passes(300)
    home.does(insider, insider.ask(ROUTER, zdp.PermitJoiningRequest(200, 1), home.now))
    home.passes(1)
    stranger = home.add(DEVICE, Role.END_DEVICE)
    stranger.preset(bytes(16))
    home.does(stranger, stranger.join(home.now))
    home.passes(2)
    assert not stranger.joined
    assert stranger.short == 0xFFFF


def test_the_address_of_a_node_is_found_before_a_frame_is_sent() -> None:
    home = Home()
    device, other = home.admit(DEVICE), home.admit(OTHER)
    device._site.addresses.forget(OTHER)
    frame = home.frame(DEVICE, OTHER, secured=False, cluster_id=0x0003)
    home.does(device, device.send(frame, home.now))
    home.passes(2)
    assert [a.frame.cluster_id for a in home.of(Arrived, OTHER)] == [0x0003]
    assert home.of(Delivered, DEVICE) == [Delivered(frame)]
    nowhere = home.frame(DEVICE, 0x1234567890, secured=False)
    home.does(device, device.send(nowhere, home.now))
    home.passes(10)
    assert home.of(Undelivered, DEVICE) == [Undelivered(nowhere, "no address")]
    assert other.joined


def test_a_question_that_nobody_answers_ends() -> None:
    home = Home()
    home.admit(DEVICE)
    home.air.take(DEVICE)
    assert asked(home, ESI, DEVICE, zdp.ActiveEndpointsRequest(1)) is None
    with pytest.raises(EncodeError, match="no request"):
        home.esi.ask(DEVICE, zdp.StatusResponse(0), home.now)


def test_a_foreign_source_is_refused() -> None:
    home = Home()
    device = home.admit(DEVICE)
    with pytest.raises(EncodeError, match="set its source to our own"):
        device.send(home.frame(ESI, DEVICE), home.now)


def test_a_descriptor_of_every_size() -> None:
    for count in (0, 1, 20):
        descriptor = SimpleDescriptor(
            endpoint=9, profile=0x0109, device_id=1, version=2, input_clusters=tuple(range(count))
        )
        assert zdp.parse_descriptor(zdp.build_descriptor(descriptor)) == descriptor
    with pytest.raises(EncodeError, match="simple descriptor"):
        zdp.build_descriptor(SimpleDescriptor(endpoint=300, profile=1, device_id=1))

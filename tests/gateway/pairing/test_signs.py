"""Admissions of SEP 1.x devices as a real network tells them: radio frames, install codes, certificates."""

import random
from typing import Any

import pytest

from handover.gateway.pairing.expected import Expected, expect
from handover.gateway.pairing.pairing import Happened
from handover.gateway.pairing.pairings import Pairings, key_of
from handover.gateway.pairing.signs import of_certificate, of_stack
from handover.gateway.pairing.states import Event, Kind
from handover.sep1.security.install_code import InstallCode, with_crc
from handover.sep1.stack import Settings
from handover.sep1.stack.outputs import Output
from handover.sep1.stack.trust_centre import Policy
from handover.sep1.transports.radio_han import RadioHan

pytestmark = pytest.mark.req("REQ.GW.3")

NOW = 1_342_548_000.0
ESI, DEVICE, OTHER = 0x000D6F0000123456, 0x00124B0000ABCD01, 0x00124B0000ABCD03
KEY = key_of(Kind.DOWN_SEP1, DEVICE)
CODE = with_crc(bytes(range(16)))


class Han(RadioHan):
    """A network that tells its admissions what its trust centre sees."""

    signs: Any = None

    def _heard(self, eui64: int, output: Output, now: float) -> None:
        super()._heard(eui64, output, now)
        if eui64 == self.coordinator and self.signs is not None:
            self.signs(output, now)


class Home:
    """A gateway's network and its admissions; windows are opened as the running gateway does it."""

    def __init__(self) -> None:
        self.now = NOW
        self.random = random.Random(1)
        self.all = Pairings()
        self.shown: list[str] = []
        self.han = Han(
            clock=lambda: self.now,
            draw=self.random.randbytes,
            coordinator=ESI,
            settings=Settings(rescan=5, rescan_limit=20),
            policy=Policy(establish_within=120),
        )
        self.han.signs = self._sign
        self.han.attach(ESI)
        self.centre = self.han.node(ESI).stack.centre

    def _sign(self, output: Output, now: float) -> None:
        waiting = self.all.waiting(Kind.DOWN_SEP1, [Event.STRANGER])
        for key, happened in of_stack(output, waiting):
            self.all.seen(key, happened, now)
            self._note()

    def _note(self) -> None:
        for told in self.all.told(self.now):
            if not self.shown or self.shown[-1] != told.state:
                self.shown.append(told.state)

    def expect(self, code: InstallCode) -> None:
        self.all.accept(Kind.DOWN_SEP1, DEVICE, "tstat", self.now)
        wish: Expected = expect(DEVICE, code, "tstat", self.now).body
        self.centre.register(wish.eui64, wish.link_key)
        node = self.han.node(ESI)
        self.han._do(node, node.stack.permit(180, self.now))
        self.all.happened(KEY, Happened(Event.OPENED), self.now)
        self._note()

    def switch_on(self, device: int, code: InstallCode, *, known: bool = True) -> None:
        self.han.attach(device, code=code)
        if not known:
            self.centre.withdraw(device)

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.han.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.han.advance()
            self.all.tick(self.now)
            self._note()
        self.now = end
        self.han.advance()
        self.all.tick(end)
        self._note()


def test_a_device_with_the_right_code_joins_and_gets_its_key() -> None:
    home = Home()
    home.expect(CODE)
    home.passes(30)
    home.switch_on(DEVICE, CODE)
    home.passes(30)
    assert home.shown == ["WINDOW_OPEN", "JOINED", "KEYS_ESTABLISHED"]


def test_a_code_of_another_label_keeps_the_device_out_and_ends_in_time() -> None:
    home = Home()
    home.expect(CODE)
    home.switch_on(DEVICE, CODE)
    home.han.node(DEVICE).stack.preset(with_crc(bytes(16)).link_key)
    home.passes(500)
    assert home.shown == ["WINDOW_OPEN", "JOINED", "TIMEOUT"]
    assert "the label belongs to this device" in home.all.told(home.now)[0].next_step


def test_a_stranger_is_kept_out_and_said_while_the_window_stays_open() -> None:
    home = Home()
    home.expect(CODE)
    home.switch_on(OTHER, with_crc(b"s" * 16), known=False)
    home.passes(30)
    (told,) = home.all.told(home.now)
    assert (told.state, told.detail) == ("UNKNOWN_DEVICE", f"device {OTHER:016X}")
    assert told.countdown == 150
    home.switch_on(DEVICE, CODE)
    home.passes(30)
    assert home.shown == ["WINDOW_OPEN", "UNKNOWN_DEVICE", "JOINED", "KEYS_ESTABLISHED"]


def test_nobody_comes() -> None:
    home = Home()
    home.expect(CODE)
    home.passes(181)
    assert home.shown == ["WINDOW_OPEN", "TIMEOUT"]


def test_a_certificate_that_is_out_of_date_is_told_as_such() -> None:
    home = Home()
    home.expect(CODE)
    home.switch_on(DEVICE, CODE)
    ended = home.han._authority.issue(DEVICE, 2, home.random.randbytes, valid_from=0, valid_for=1)
    home.han.node(DEVICE).establishment.initiator._wallet = {2: ended}
    home.passes(60)
    assert home.shown[-1] == "CERTIFICATE_EXPIRED"
    assert "not valid" in home.all.told(home.now)[0].detail


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("it expired on 2020-01-01 00:00 UTC", Event.EXPIRED),
        ("it is not valid before 2040-01-01 00:00 UTC", Event.EXPIRED),
        ("its key is on the curve secp384r1; SEP 2.0 knows P-256 only", Event.WRONG_PROFILE),
        ("it is not signed with ECDSA and SHA-256", Event.WRONG_PROFILE),
        ("it belongs to a certificate authority, not to a device", Event.REFUSED),
    ],
)
def test_refused_certificates_of_sep2_devices(reason: str, event: Event) -> None:
    assert of_certificate(reason) == Happened(event, reason)

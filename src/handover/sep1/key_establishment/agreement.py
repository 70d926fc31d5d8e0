"""One exchange as far as it is computation: checks of certificates and ephemeral keys, keys, proofs."""

import hmac
from collections.abc import Mapping
from typing import Final

from handover.errors import DecodeError
from handover.sep1.clusters.key_establishment import Suite, TerminationStatus
from handover.sep1.security.authority import Draw
from handover.sep1.security.certificate import Certificate, KeyUsage, parse
from handover.sep1.security.ecqv import Credentials, public_key
from handover.sep1.security.key_agreement import (
    INITIATOR,
    RESPONDER,
    Keys,
    confirmation,
    derive,
    ephemeral,
    shared_secret,
)

Wallet = Mapping[int, Credentials]
"""The credentials of a node by suite, 1 and 2."""

BITS: Final = {1: Suite.SUITE_1, 2: Suite.SUITE_2}
"""Bit of a suite in the attribute and in the commands."""


class Fault(Exception):
    """The peer is to be told that the exchange ends, with `status`."""

    def __init__(self, status: TerminationStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def supported(wallet: Wallet) -> int:
    """Return the suites of a wallet as the attribute has them."""
    mask = 0
    for suite in wallet:
        mask |= BITS[suite]
    return mask


def strongest(wallet: Wallet, offered: int) -> int | None:
    """Return the strongest suite that both have, None when there is none."""
    return max((suite for suite in wallet if offered & BITS[suite]), default=None)


def of_mask(wallet: Wallet, mask: int) -> Credentials:
    """Return our credentials for the one suite that a command names. Raises Fault."""
    for suite, credentials in wallet.items():
        if mask == BITS[suite]:
            return credentials
    raise Fault(TerminationStatus.UNSUPPORTED_SUITE, f"suite 0x{mask:04X} is none of ours")


def checked(own: Credentials, identity: bytes, sender: int, now: float) -> Certificate:
    """Return the certificate of `sender` when it may establish a key with us. Raises Fault.

    That it is genuine does not show here: an implicit certificate proves itself in the confirmation.
    """
    try:
        certificate = parse(identity)
    except DecodeError as error:
        raise Fault(TerminationStatus.BAD_MESSAGE, str(error)) from None
    if certificate.suite != own.suite:
        raise Fault(TerminationStatus.BAD_MESSAGE, f"the certificate is of suite {certificate.suite}")
    if certificate.issuer != own.certificate.issuer:
        raise Fault(TerminationStatus.UNKNOWN_ISSUER, f"the issuer {certificate.issuer:016X} is unknown")
    if certificate.subject != sender:
        raise Fault(
            TerminationStatus.BAD_MESSAGE,
            f"the certificate is of {certificate.subject:016X}, the sender is {sender:016X}",
        )
    if not certificate.key_usage & KeyUsage.KEY_AGREEMENT:
        raise Fault(TerminationStatus.INVALID_KEY_USAGE, "the certificate is not for key agreement")
    if not certificate.is_valid_at(now):
        raise Fault(TerminationStatus.INVALID_KEY_USAGE, "the certificate is not valid at present")
    return certificate


class Agreement:
    """Our side of one exchange with the subject of `peer`. `initiator` tells which side that is."""

    def __init__(self, own: Credentials, peer: Certificate, draw: Draw, *, initiator: bool) -> None:
        self._own = own
        self._peer = peer
        self._mine = ephemeral(own.curve, draw)
        self._initiator = initiator
        self._theirs = b""
        self._keys: Keys | None = None

    @property
    def suite(self) -> int:
        """The suite, 1 or 2."""
        return self._own.suite

    @property
    def certificate(self) -> bytes:
        """The peer's certificate."""
        return self._peer.octets

    @property
    def ephemeral(self) -> bytes:
        """Our ephemeral public key as it is sent."""
        return self._mine.octets

    def meet(self, theirs: bytes) -> None:
        """Compute the keys with the peer's ephemeral public key. Raises Fault."""
        if theirs == self._mine.octets:
            raise Fault(TerminationStatus.BAD_MESSAGE, "our own ephemeral key came back")
        curve = self._own.curve
        try:
            point = curve.decode(theirs)
            peer = public_key(self._peer, self._own.authority)
            secret = shared_secret(self._own, self._mine, peer, point)
        except DecodeError as error:
            raise Fault(TerminationStatus.BAD_MESSAGE, str(error)) from None
        self._theirs, self._keys = theirs, derive(secret)

    def proof(self) -> bytes:
        """Return the octets by which we show that we have the key."""
        own, peer = self._own.certificate.subject, self._peer.subject
        side = INITIATOR if self._initiator else RESPONDER
        return confirmation(self._known().mac_key, side, own, peer, self._mine.octets, self._theirs)

    def check(self, proof: bytes) -> bytes:
        """Return the link key when the peer has shown that it has it too. Raises Fault."""
        own, peer = self._own.certificate.subject, self._peer.subject
        side = RESPONDER if self._initiator else INITIATOR
        due = confirmation(self._known().mac_key, side, peer, own, self._theirs, self._mine.octets)
        if not hmac.compare_digest(due, proof):
            raise Fault(TerminationStatus.BAD_KEY_CONFIRM, "the peer does not have the key")
        return self._known().link_key

    def _known(self) -> Keys:
        assert self._keys is not None, "meet comes first"
        return self._keys

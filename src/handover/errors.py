"""Every error that Handover raises on purpose.

The tree::

    HandoverError
    +-- DecodeError       the peer sent something that is not valid
    +-- EncodeError       we were asked to build something that cannot be put on the wire
    +-- Untranslatable    both sides are right, but the standards differ
    +-- NotNow            the state forbids it; a later attempt may succeed
    +-- Refused           policy forbids it; a later attempt will not succeed
    +-- ConfigError       the operator's configuration or command line is wrong

Each says who is at fault and which status a peer is told: `zcl_status` towards SEP 1.x (ZCL status
enumeration) and `http_status` towards SEP 2.0. A message names what is wrong, why, and the next step.
"""

from typing import ClassVar


class HandoverError(Exception):
    """Base of all errors raised on purpose."""

    fault: ClassVar[str] = "handover"
    zcl_status: int = 0x01
    http_status: int = 500


class DecodeError(HandoverError):
    """Bytes or text from a peer that the standard does not allow.

    A decoder returns a value or raises this, for any input at all: never anything else.
    """

    fault = "peer"
    zcl_status = 0x80
    http_status = 400


class EncodeError(HandoverError):
    """A value that does not fit its wire type: our own mistake, found before it leaves."""

    fault = "handover"


class Untranslatable(HandoverError):
    """A message that is valid on its own side and has no equal on the other.

    `response_status` is the Response.status that tells a SEP 2.0 event's issuer: 252 when no parameter of it
    applies, 253 when it is invalid there.
    """

    fault = "standards"
    zcl_status = 0x81
    http_status = 404
    response_status: int = 253


class NotNow(HandoverError):
    """Refused by the present state: not joined, not connected, no clock, no room."""

    fault = "state"
    zcl_status = 0x01
    http_status = 503


class Refused(HandoverError):
    """Refused by policy: not registered, not allowed, not offered."""

    fault = "policy"
    zcl_status = 0x7E
    http_status = 403


class ConfigError(HandoverError):
    """A configuration file or command line that cannot be used as it stands."""

    fault = "operator"

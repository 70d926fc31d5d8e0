"""Key Establishment (0x0800): the exchange by which two nodes agree on a link key with certificates (CBKE).

All of SE 1.0 and 1.1, and the sizes of suite 2 of SE 1.2. Not here: certificates, the arithmetic, the order
of the exchange.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated

from handover.sep1.declaration import Attribute, Cluster, Command, CommandRow, attributes, commands
from handover.sep1.types import ENUM8, ENUM16_TYPE, MAP16, U8, Octets, Rest, RestBy


class Suite(IntFlag):
    """Bits of the suite attribute and of `key_establishment_suite`."""

    SUITE_1 = 0x0001
    SUITE_2 = 0x0002


class TerminationStatus(IntEnum):
    """Codes of `status_code`."""

    SUCCESS = 0x00
    UNKNOWN_ISSUER = 0x01
    BAD_KEY_CONFIRM = 0x02
    BAD_MESSAGE = 0x03
    NO_RESOURCES = 0x04
    UNSUPPORTED_SUITE = 0x05
    INVALID_KEY_USAGE = 0x06


IDENTITY_SIZES = ((Suite.SUITE_1, 48), (Suite.SUITE_2, 74))
"""Octets of the certificate of each suite; an unknown suite may have any, so that it can be refused."""

EPHEMERAL_DATA = Annotated[bytes, Rest((22, 37))]
CONFIRMATION = Annotated[bytes, Octets(16)]


@dataclass(slots=True)
class InitiateKeyEstablishmentRequest(Command):
    """Begins an exchange; times are the seconds that the sender needs at most, `identity` its certificate."""

    key_establishment_suite: MAP16
    ephemeral_data_generate_time: U8
    confirm_key_generate_time: U8
    identity: Annotated[bytes, RestBy("key_establishment_suite", IDENTITY_SIZES)]


@dataclass(slots=True)
class EphemeralDataRequest(Command):
    """The ephemeral public key of the initiator, compressed."""

    ephemeral_data: EPHEMERAL_DATA


@dataclass(slots=True)
class ConfirmKeyDataRequest(Command):
    """Proves that the initiator has the key."""

    secure_message_authentication_code: CONFIRMATION


@dataclass(slots=True)
class TerminateKeyEstablishment(Command):
    """Ends an exchange; the receiver waits `wait_time` seconds before the next."""

    status_code: ENUM8
    wait_time: U8
    key_establishment_suite: MAP16


@dataclass(slots=True)
class InitiateKeyEstablishmentResponse(Command):
    """Accepts an exchange; the fields are those of the request."""

    requested_key_establishment_suite: MAP16
    ephemeral_data_generate_time: U8
    confirm_key_generate_time: U8
    identity: Annotated[bytes, RestBy("requested_key_establishment_suite", IDENTITY_SIZES)]


@dataclass(slots=True)
class EphemeralDataResponse(Command):
    """The ephemeral public key of the responder, compressed."""

    ephemeral_data: EPHEMERAL_DATA


@dataclass(slots=True)
class ConfirmKeyDataResponse(Command):
    """Proves that the responder has the key."""

    secure_message_authentication_code: CONFIRMATION


@dataclass(slots=True)
class TerminateKeyEstablishmentToClient(Command):
    """TerminateKeyEstablishment from the responder."""

    status_code: ENUM8
    wait_time: U8
    key_establishment_suite: MAP16


KEY_ESTABLISHMENT = Cluster(
    id=0x0800,
    name="Key Establishment",
    link_key=False,
    server_attributes=attributes(
        Attribute(0x0000, "key_establishment_suite", ENUM16_TYPE, mandatory=True),
    ),
    client_attributes=attributes(
        Attribute(0x0000, "key_establishment_suite", ENUM16_TYPE, mandatory=True),
    ),
    to_server=commands(
        CommandRow(0x00, InitiateKeyEstablishmentRequest, mandatory=True),
        CommandRow(0x01, EphemeralDataRequest, mandatory=True),
        CommandRow(0x02, ConfirmKeyDataRequest, mandatory=True),
        CommandRow(0x03, TerminateKeyEstablishment, mandatory=True),
    ),
    to_client=commands(
        CommandRow(0x00, InitiateKeyEstablishmentResponse, mandatory=True),
        CommandRow(0x01, EphemeralDataResponse, mandatory=True),
        CommandRow(0x02, ConfirmKeyDataResponse, mandatory=True),
        CommandRow(0x03, TerminateKeyEstablishmentToClient, mandatory=True),
    ),
)

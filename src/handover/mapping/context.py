"""What a translation has to know beside the thing it translates: who it comes from, and who the gateway
is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handover.mapping.hrefs import Hrefs
from handover.mapping.mrid import IdentityProfile, MridKind, mrid
from handover.mapping.virtual_lfdi import virtual_lfdi
from handover.model.event import EventKey
from handover.model.load_control import Controls, DeviceCategory
from handover.sep2.declaration import Edition

ControlTable = Mapping[tuple[int, DeviceCategory], Controls]
"""Criticality level and one category -> the control that an order without controls stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Facts that hold for many translations.

    `node` is the EUI-64 of the SEP 1.x node the data come from (the ESI; the meter for its readings),
    `endpoint` the endpoint of the cluster there. `lfdi` is the gateway's LFDI, `pen` its IANA enterprise
    number. `generation` is that of the structures (tariff profile, programs); an event's own is in its
    key. The randomisation minutes (0..60) are the gateway's own DRLC client attributes. `role_flags` are
    the usage point's, for rate components.
    """

    node: int
    pen: int
    endpoint: int = 1
    lfdi: bytes = bytes(20)
    edition: Edition = Edition.E2018
    identity: IdentityProfile = IdentityProfile.HASH
    generation: int = 0
    primacy: int = 1
    esi_name: str = ""
    locale: str = "en-US"
    group: int = 0
    start_randomization: int = 30
    duration_randomization: int = 0
    role_flags: int = 0x0003
    forward_to_ems: bool = False
    criticality_controls: ControlTable = field(default_factory=dict)
    scale_by_formatting: bool = False
    hrefs: Hrefs = field(default_factory=Hrefs)

    @property
    def marks_superseded(self) -> bool:
        """Whether the served edition marks superseded events (2023 leaves that to the clients)."""
        return self.edition < Edition.E2023

    def structure(self, kind: MridKind, id: int, *, sub: int = 0, endpoint: int | None = None) -> bytes:
        """Return the mRID of a structure (not an event) of this node."""
        return mrid(
            kind,
            eui64=self.node,
            id=id,
            pen=self.pen,
            generation=self.generation,
            endpoint=self.endpoint if endpoint is None else endpoint,
            sub=sub,
            profile=self.identity,
        )

    def event(self, kind: MridKind, key: EventKey, *, sub: int = 0) -> bytes:
        """Return the mRID of an event, named after its issuer."""
        return mrid(
            kind,
            eui64=key.issuer,
            id=key.id,
            pen=self.pen,
            generation=key.generation,
            endpoint=key.endpoint,
            sub=sub,
            profile=self.identity,
        )

    def virtual_lfdi(self, eui64: int) -> bytes:
        """Return the LFDI that stands for a SEP 1.x device behind this gateway."""
        return virtual_lfdi(self.lfdi, eui64, pen=self.pen, profile=self.identity)

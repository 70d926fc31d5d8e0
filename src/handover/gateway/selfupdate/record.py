"""The record: which slot runs, which is on trial, and where the update stands. One small file says it all.

Every change is a new record, written as a whole before what it announces is done. So a slot is taken out of
the record before its first octet is overwritten, and enters it after its last one is on the disk.
"""

import hashlib
from typing import Literal

import msgspec

from handover.errors import DecodeError, NotNow, Refused
from handover.gateway.selfupdate.states import SELF_UPDATE, Step, Update
from handover.gateway.selfupdate.versions import newer

Slot = Literal["a", "b"]
SLOTS: tuple[Slot, Slot] = ("a", "b")
KEPT_FAILURES = 16
"""How many given-up bundles are remembered, the newest."""


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a slot holds: version, and SHA-256 (hex) of the bundle and of the slot's seal."""

    version: str
    bundle: str
    seal: str


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The state of the update. A slot of None is the factory's software."""

    state: str = Update.IDLE.name
    active: Slot | None = None
    """What runs when nothing is on trial."""
    fallback: Slot | None = None
    """What ran before `active`, still whole."""
    target: Slot | None = None
    """What is being filled, staged or on trial."""
    contents: dict[Slot, Content] = {}
    starts: int = 0
    """How often the trial has been started."""
    floor: str = ""
    """The highest version ever committed; nothing at or below it is taken again."""
    failed: tuple[str, ...] = ()
    """Digests of bundles that were given up; they are not taken again by themselves."""
    reason: str = ""
    """Why the last change came, in words."""

    @property
    def at(self) -> Update:
        """The state as the machine knows it."""
        return Update[self.state]

    def content(self, slot: Slot | None) -> Content | None:
        """Return what `slot` holds, or None."""
        return None if slot is None else self.contents.get(slot)


def encode(record: Record) -> bytes:
    """Return the record as a file that tells whether it is whole."""
    body = msgspec.json.encode(record)
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n"


def decode(data: bytes) -> Record:
    """Read a record. Raises DecodeError when it is damaged or contradicts itself."""
    digest, _, body = data.partition(b"\n")
    body = body.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise DecodeError("the record of the update is damaged: its digest does not fit")
    try:
        record = msgspec.json.decode(body, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError(f"the record of the update cannot be read: {error}") from None
    if record.state not in Update.__members__:
        raise DecodeError(f"the record of the update names an unknown state {record.state!r}")
    return record


def begin(record: Record, version: str, bundle: str, *, current: str, again: bool = False) -> Record:
    """Take the spare slot out of use, for `version` with digest `bundle`; `current` runs now.

    Raises Refused when the version is not newer, or (unless `again`) when the bundle was given up before;
    NotNow during a trial.
    """
    if record.at is Update.TRIAL:
        raise NotNow(
            "a version is on trial; it decides itself within ten minutes of its start, or: "
            "handover update commit, handover update rollback"
        )
    # What runs counts only when it is newer: after a way back the floor still forbids what was committed.
    floor = record.floor if record.floor and newer(record.floor, current) else current
    if not newer(version, floor):
        raise Refused(f"version {version} is not newer than {floor}; nothing older is ever installed")
    if bundle in record.failed and not again:
        raise Refused(
            f"version {version} was given up before ({record.reason or 'it did not report healthy'}); "
            "publish another version, or insist with --again"
        )
    slot = spare(record)
    return _moved(
        record,
        Step.BEGIN,
        target=slot,
        fallback=None if record.fallback == slot else record.fallback,
        contents={k: v for k, v in record.contents.items() if k != slot},
        starts=0,
        reason=f"version {version} is on its way",
    )


def spare(record: Record) -> Slot:
    """Return the slot that may be overwritten: never the active one."""
    return "b" if record.active == "a" else "a"


def whole(record: Record) -> Record:
    """The bundle lies in the slot, as long as it should be."""
    return _moved(record, Step.WHOLE)


def genuine(record: Record) -> Record:
    """The bundle is the one that was signed."""
    return _moved(record, Step.GENUINE)


def ended(record: Record, reason: str) -> Record:
    """The update ends without a trial; the slot stays empty."""
    step = Step.SPOILT if record.at is Update.VERIFYING else Step.FAILED
    return _moved(record, step, target=None, reason=reason)


def sealed(record: Record, content: Content) -> Record:
    """The slot is complete and on the disk."""
    assert record.target is not None
    contents = {**record.contents, record.target: content}
    return _moved(
        record, Step.SEALED, contents=contents, reason=f"version {content.version} waits for its trial"
    )


def switched(record: Record) -> Record:
    """The next start is the trial's first."""
    return _moved(record, Step.SWITCH, starts=0, reason="the next start is a trial")


def started(record: Record) -> Record:
    """The trial is about to be started once more."""
    return _moved(record, Step.START, starts=record.starts + 1)


def committed(record: Record) -> Record:
    """The trial has reported healthy: it is what runs from now on. Raises NotNow when none has started."""
    content = record.content(record.target)
    if record.at is not Update.TRIAL or content is None:
        raise NotNow(f"nothing is on trial (state {record.state}); there is nothing to keep")
    if not record.starts:
        raise NotNow(f"version {content.version} has not been started yet; restart the gateway first")
    return _moved(
        record,
        Step.HEALTHY,
        active=record.target,
        fallback=record.active,
        target=None,
        starts=0,
        floor=content.version,
        reason=f"version {content.version} reported healthy",
    )


def given_up(record: Record, reason: str) -> Record:
    """The trial has failed: what ran before runs again."""
    return _moved(
        record,
        Step.GIVE_UP,
        target=None,
        starts=0,
        failed=_failures(record, record.target),
        reason=reason,
    )


def reverted(record: Record, reason: str) -> Record:
    """Go back to what ran before the active slot. Raises NotNow when only the factory's software is there."""
    if record.active is None:
        raise NotNow("only the factory's software is installed; there is nothing to go back to")
    return _moved(
        record,
        Step.REVERT,
        active=record.fallback,
        fallback=None,
        target=None,
        starts=0,
        failed=_failures(record, record.active),
        reason=reason,
    )


def _failures(record: Record, slot: Slot | None) -> tuple[str, ...]:
    content = record.content(slot)
    if content is None or content.bundle in record.failed:
        return record.failed
    return (*record.failed, content.bundle)[-KEPT_FAILURES:]


def _moved(record: Record, step: Step, **changes: object) -> Record:
    state = SELF_UPDATE.step(record.at, step)
    return msgspec.structs.replace(record, state=state.name, **changes)

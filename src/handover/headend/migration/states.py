"""Where a premise stands in its migration, and where each one that takes part does, as two tables.

The meter takes part like a device does: it stores, votes, switches at a given moment, and can be undone.
Source: `architecture.md` (one premise migrates), steps a to i of the paper's appendix 9.2.
"""

from enum import StrEnum

from handover.machine import Machine


class State(StrEnum):
    """Where the premise stands."""

    PLANNED = "planned"
    ANNOUNCED = "announced"
    CONSENTED = "consented"
    STAGING = "staging"
    STAGED = "staged"
    SWITCHING = "switching"
    VERIFYING = "verifying"
    FOLLOWING = "devices follow"
    MIGRATED = "migrated"
    ROLLING_BACK = "rolling back"
    RESTORED = "restored"
    NEEDS_VISIT = "needs a visit"
    KEPT = "kept as it was"


class Cause(StrEnum):
    """What moves a premise."""

    NOTIFIED = "the customer was told"
    OVERRIDDEN = "no notice, with a reason on record"
    AGREED = "the customer agreed, or need not"
    DECLINED = "the customer declined, or was not heard"
    BEGUN = "the time to store has come"
    READY = "everybody required has voted"
    COMMITTED = "the moment was fixed and is being told"
    SWITCHED = "the moment has passed"
    VERIFIED = "the meter is verified"
    SETTLED = "every device is verified, or left by plan"
    FAILED = "something required has failed"
    UNDONE = "everybody is verified as before"
    STUCK = "somebody is neither here nor there"


PREMISE = Machine(
    name="migration of a premise",
    initial=State.PLANNED,
    final=frozenset({State.MIGRATED, State.RESTORED, State.NEEDS_VISIT, State.KEPT}),
    table={
        (State.PLANNED, Cause.NOTIFIED): State.ANNOUNCED,
        (State.PLANNED, Cause.OVERRIDDEN): State.CONSENTED,
        (State.PLANNED, Cause.DECLINED): State.KEPT,
        (State.ANNOUNCED, Cause.AGREED): State.CONSENTED,
        (State.ANNOUNCED, Cause.DECLINED): State.KEPT,
        (State.CONSENTED, Cause.BEGUN): State.STAGING,
        (State.CONSENTED, Cause.DECLINED): State.KEPT,
        (State.STAGING, Cause.READY): State.STAGED,
        (State.STAGING, Cause.FAILED): State.ROLLING_BACK,
        (State.STAGED, Cause.COMMITTED): State.SWITCHING,
        (State.STAGED, Cause.FAILED): State.ROLLING_BACK,
        (State.SWITCHING, Cause.SWITCHED): State.VERIFYING,
        (State.SWITCHING, Cause.FAILED): State.ROLLING_BACK,
        (State.VERIFYING, Cause.VERIFIED): State.FOLLOWING,
        (State.VERIFYING, Cause.FAILED): State.ROLLING_BACK,
        (State.FOLLOWING, Cause.SETTLED): State.MIGRATED,
        (State.FOLLOWING, Cause.FAILED): State.ROLLING_BACK,
        (State.FOLLOWING, Cause.STUCK): State.NEEDS_VISIT,
        (State.ROLLING_BACK, Cause.UNDONE): State.RESTORED,
        (State.ROLLING_BACK, Cause.STUCK): State.NEEDS_VISIT,
    },
)


class Stand(StrEnum):
    """Where one that takes part stands."""

    WAITING = "waiting"
    STORING = "storing"
    PREPARED = "prepared"
    ARMING = "arming"
    ARMED = "armed"
    CHECKED = "being verified"
    VERIFIED = "verified"
    UNDOING = "being undone"
    RECHECKED = "being verified as before"
    RESTORED = "as before"
    TICKET = "ticket"
    LEFT = "left"


class Move(StrEnum):
    """What moves one that takes part."""

    STORE = "told to store"
    VOTED = "voted to be ready, for good"
    ARM = "told the moment"
    PROMISED = "has promised to switch then"
    CHECK = "the moment has passed"
    PASSED = "every check has passed"
    UNDO = "told to go back"
    BACK = "has gone back"
    LEAVE = "left as it is by plan"
    STUCK = "cannot be brought to a known state from here"


PART = Machine(
    name="one that takes part",
    initial=Stand.WAITING,
    final=frozenset({Stand.RESTORED, Stand.TICKET, Stand.LEFT}),
    table={
        (Stand.WAITING, Move.STORE): Stand.STORING,
        (Stand.WAITING, Move.LEAVE): Stand.LEFT,
        (Stand.STORING, Move.VOTED): Stand.PREPARED,
        (Stand.STORING, Move.UNDO): Stand.UNDOING,
        (Stand.PREPARED, Move.ARM): Stand.ARMING,
        (Stand.PREPARED, Move.UNDO): Stand.UNDOING,
        (Stand.ARMING, Move.PROMISED): Stand.ARMED,
        (Stand.ARMING, Move.UNDO): Stand.UNDOING,
        (Stand.ARMED, Move.CHECK): Stand.CHECKED,
        (Stand.ARMED, Move.UNDO): Stand.UNDOING,
        (Stand.CHECKED, Move.PASSED): Stand.VERIFIED,
        (Stand.CHECKED, Move.UNDO): Stand.UNDOING,
        (Stand.VERIFIED, Move.UNDO): Stand.UNDOING,
        (Stand.UNDOING, Move.BACK): Stand.RECHECKED,
        (Stand.UNDOING, Move.STUCK): Stand.TICKET,
        (Stand.RECHECKED, Move.PASSED): Stand.RESTORED,
        (Stand.RECHECKED, Move.STUCK): Stand.TICKET,
    },
)

"""Starts software in a slot: for a moment, to see what it says, or in place of this process."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from handover.errors import NotNow, Refused
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.adapters.real_disk import RealDisk
from handover.gateway.selfupdate.launch import choose, without_trial
from handover.gateway.selfupdate.record import Record, Slot

SLOT_VARIABLE = "HANDOVER_SLOT"
"""Tells running software which slot it was started from; unset for the factory's."""
_SECONDS = 60


def environment(root: Path, slot: Slot | None, given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` for a start from `slot`: its files come first on the import path."""
    made = {name: value for name, value in given.items() if name != SLOT_VARIABLE}
    if slot is None:
        return made
    paths = [str((root / slots.site(slot)).resolve()), made.get("PYTHONPATH", "")]
    # Python must not add files to the slot: a slot with a file that is not sealed is not started.
    made |= {
        SLOT_VARIABLE: slot,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return made


def ask_version(root: Path, slot: Slot) -> str:
    """Start the software in `slot` and return the version that it tells. Raises Refused when it fails."""
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "handover", "--version"],
            env=environment(root, slot, os.environ),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise Refused(f"the new software does not start: {said[-1] if said else error}") from error
    return answer.stdout.strip().removeprefix("handover ")


def pick(disk: RealDisk) -> tuple[Slot | None, Record]:
    """Choose what to start and put the record of it on the disk first."""
    try:
        with disk.locked():
            record = slots.recorded(disk)
            choice = choose(record, lambda slot: slots.sound(disk, record, slot))
            if choice.record != record:
                slots.store(disk, choice.record)
            return choice.slot, choice.record
    except (NotNow, OSError):
        # An update is under way, or the disk is read-only: nothing can be counted, so nothing is tried.
        record = slots.recorded(disk)
        return without_trial(record, lambda slot: slots.sound(disk, record, slot)), record


def become(root: Path, slot: Slot | None, arguments: Sequence[str]) -> NoReturn:
    """Go on as the software in `slot`, with the same process id."""
    given = environment(root, slot, os.environ)
    os.execve(sys.executable, [sys.executable, "-m", "handover", *arguments], given)

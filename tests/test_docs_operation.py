"""What docs/operation.md says of states, settings and files is so."""

import re
from pathlib import Path

import pytest

from handover.gateway.config import parse
from handover.gateway.selfupdate.states import SELF_UPDATE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operation.md").read_text()


def test_the_arrows_of_the_diagram_are_in_the_table() -> None:
    arrows = {line.strip() for line in PAGE.splitlines() if "-->" in line}
    table = {line.strip().replace("_up", " up") for line in SELF_UPDATE.mermaid().splitlines()}
    assert len(arrows) > 5
    assert arrows - table == set()


@pytest.mark.parametrize(
    "block",
    re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL),
    ids=lambda block: block.split("]")[0].strip("["),
)
def test_the_configurations_can_be_used(block: str) -> None:
    parse(block, Path("gateway.toml"))


def test_the_files_of_packaging_exist() -> None:
    for name in re.findall(r"packaging/[\w./-]+\w", PAGE):
        assert list(ROOT.glob(f"{name}*")), name
    for name in re.findall(r"handover-\w+\.(?:service|timer)", PAGE):
        assert (ROOT / "packaging" / "systemd" / name).exists(), name

"""`handover update`: from a publisher's folder to a new version that runs, is kept, and is left again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.selfupdate.presence import require_tuf
from gateway.selfupdate.releases import wheel
from handover import __version__
from handover.cli.main import app

require_tuf()

SOURCE = Path(__file__).parents[2] / "src" / "handover"
NEW = "99.0.0"

pytestmark = pytest.mark.req("REQ.GW.7")


def run(*arguments: str) -> tuple[int, str]:
    """Return exit code and everything that was printed."""
    result = CliRunner().invoke(app, ["update", *arguments])
    return result.exit_code, result.output


def own_wheel(version: str) -> bytes:
    """Return this very package as a wheel that calls itself `version`."""
    files: dict[str, str | bytes] = {
        f"handover/{path.relative_to(SOURCE)}": path.read_bytes()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    first = (SOURCE / "__init__.py").read_text()
    files["handover/__init__.py"] = first.replace(f'"{__version__}"', f'"{version}"')
    return wheel(files)


class Home:
    """A publisher and a gateway."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repository"
        self.config = folder / "gateway.toml"
        code, text = run("init-repo", str(self.repository))
        assert (code, "keep them secret" in text) == (0, True), text
        root = self.repository / "metadata" / "1.root.json"
        self.config.write_text(f'[update]\nurl = "{self.repository.as_uri()}"\nroot = "{root}"\n')

    def publish(self, version: str, called: str = "") -> None:
        folder = self.repository.parent
        made = folder / "sep_handover-py3-none-any.whl"
        made.write_bytes(own_wheel(called or version))
        bundle = folder / f"{version}.zip"
        assert run("bundle", str(made), "--version", version, "--out", str(bundle))[0] == 0
        code, text = run("add", str(self.repository), str(bundle))
        assert (code, version in text) == (0, True), text

    def status(self) -> dict[str, object]:
        return dict(json.loads(run("status", "-c", str(self.config), "--json")[1]))

    def starts(self) -> str:
        """Start the gateway's software in a process of its own; return the version that runs."""
        answer = subprocess.run(
            [sys.executable, "-m", "handover", "update", "boot", "-c", str(self.config), "--", "--version"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            check=True,
        )
        return answer.stdout.strip().removeprefix("handover ")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_new_version_runs_is_kept_and_is_left_again(home: Home) -> None:
    config = ["-c", str(home.config)]
    home.publish(NEW)
    assert home.starts() == __version__
    code, text = run("check", *config)
    assert (code, NEW in text, "handover update apply" in text) == (0, True, True)
    code, text = run("apply", *config)
    assert (code, f"{NEW} is in slot a" in text) == (0, True), text
    assert home.status()["next"] == "a"
    assert home.starts() == NEW
    assert home.status()["state"] == "TRIAL"
    assert run("check", *config)[0] == 10
    assert run("preflight", *config)[0] == 1
    assert run("commit", *config)[0] == 0
    assert home.starts() == NEW
    assert run("rollback", *config)[0] == 0
    assert home.starts() == __version__
    code, text = run("apply", *config)
    assert (code, f"not newer than {NEW}" in text) == (1, True)


def test_a_trial_that_never_reports_is_given_up_after_three_starts(home: Home) -> None:
    home.publish(NEW)
    assert run("apply", "-c", str(home.config))[0] == 0
    assert [home.starts() for _ in range(4)] == [NEW, NEW, NEW, __version__]
    assert home.status()["state"] == "ROLLED_BACK"
    code, text = run("status", "-c", str(home.config))
    assert (code, "did not report healthy in 3 starts" in text) == (0, True)


def test_a_damaged_slot_is_not_started(home: Home) -> None:
    home.publish(NEW)
    assert run("apply", "-c", str(home.config))[0] == 0
    path = home.config.parent / "software" / "slots" / "a" / "site" / "handover" / "clock.py"
    path.write_bytes(path.read_bytes().replace(b"float", b"flaot", 1))
    text = run("status", "-c", str(home.config))[1]
    assert "clock.py is not what was sealed" in text
    assert "the next start runs the factory's software" in text
    assert home.starts() == __version__


def test_software_that_does_not_start_or_lies_is_not_tried(home: Home) -> None:
    home.publish(NEW, called="98.0.0")
    code, text = run("apply", "-c", str(home.config))
    assert (code, "calls itself '98.0.0'" in text) == (1, True)
    assert home.status()["state"] == "IDLE"
    home.publish("99.1.0", called='" + 1 + "')
    code, text = run("apply", "-c", str(home.config))
    assert (code, "does not start: TypeError" in text) == (1, True), text


@pytest.mark.parametrize("command", ["check", "apply"])
def test_without_a_repository_it_is_said_how_to_name_one(tmp_path: Path, command: str) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text("")
    code, text = run(command, "-c", str(config))
    assert (code, "url is empty" in text) == (2, True)


def test_a_migration_waits_for_software_that_is_new_enough(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text("")
    assert run("preflight", "-c", str(config), "--minimum", __version__)[0] == 0
    code, text = run("preflight", "-c", str(config), "--minimum", "99.0")
    assert (code, "99.0 is needed" in text) == (1, True)
    code, text = run("preflight", "-c", str(config), "--minimum", "99.0", "--json")
    assert (code, json.loads(text)["ready"]) == (1, False)


def test_mistakes_of_a_publisher_are_explained(home: Home, tmp_path: Path) -> None:
    code, text = run("add", str(home.repository), str(tmp_path / "none.zip"))
    assert (code, "cannot be read" in text) == (2, True)
    (tmp_path / "odd.zip").write_bytes(b"PK")
    assert run("add", str(home.repository), str(tmp_path / "odd.zip"))[0] == 1
    code, text = run("init-repo", str(home.repository))
    assert (code, "is a repository already" in text) == (2, True)
    assert run("renew", str(home.repository), "--root")[0] == 0
    code, text = run("boot", "-c", str(home.config))
    assert (code, "what shall start?" in text) == (2, True)
    code, text = run("commit", "-c", str(home.config))
    assert (code, "nothing is on trial" in text) == (1, True)

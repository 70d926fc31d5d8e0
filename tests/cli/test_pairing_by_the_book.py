"""REQ.GW.6: somebody new follows docs/pairing.md word by word, and ends with a reading from the meter."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handover.gateway.config import load
from handover.gateway.pairing.guide import markdown

pytestmark = pytest.mark.req("REQ.GW.6")

COMMANDS = re.findall(r"^\$ handover (.*)$", markdown(), re.MULTILINE)
MOST = 5
"""Commands that are not too many for somebody new."""


class Shell:
    """A folder in which commands are typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        paths = [p for p in sys.path if p]
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}

    def start(self, command: str, **options: Any) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "handover", *command.split()]
        return subprocess.Popen(words, cwd=self.folder, env=self.environment, text=True, **options)

    def says(self, command: str) -> str:
        with self.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as done:
            text, _ = done.communicate()
        assert done.returncode == 0, (command, text)
        return text


def until(found: Callable[[], Any]) -> Any:
    """Ask again until there is an answer; the test's own limit of time ends it."""
    while True:
        answer = found()
        if answer:
            return answer


def test_from_the_package_to_the_first_reading(tmp_path: Path) -> None:
    init, run, pair, listing = COMMANDS
    assert len(COMMANDS) <= MOST
    shell = Shell(tmp_path)
    shell.says(init)
    settings = tmp_path / "home" / "gateway.toml"
    # Other tests run beside this one: the gateway takes free ports, and is not announced.
    text = re.sub(r"^port = \d+", "port = 0", settings.read_text(), flags=re.MULTILINE)
    settings.write_text(text.replace("dns_sd = true", "dns_sd = false").replace('"0.0.0.0"', '"127.0.0.1"'))
    process = shell.start(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout is not None
        (url,) = until(lambda: re.findall(r"url=(https://\S+)", process.stdout.readline()))
        label = shell.says("pki device home/pki --name heating")
        (sfdi,) = re.findall(r"\b(\d{3}-\d{3}-\d{3}-\d{3})\b", label) or re.findall(r"\b(\d{12})\b", label)
        said = shell.says(re.sub(r"--sfdi \S+", f"--sfdi {sfdi}", pair))
        assert "The device is registered" in said
        assert "Next: " in said
        port = url.split(":")[2].split("/")[0]
        access = "--cert home/pki/heating.pem --ca home/pki/ca.pem"

        def follows(path: str, link: str) -> str:
            """Read a document as the device would, and return where its first such link leads."""
            get = f"sep2 get https://127.0.0.1:{port}{path} {access} --raw"
            with shell.start(get, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as asked:
                assert asked.stdout is not None
                found = re.search(rf"<{link}[^>]* href=\"([^\"]+)\"", asked.stdout.read())
            return found[1] if found else ""

        readings = until(lambda: follows("/upt?l=1", "MeterReadingListLink"))
        reading = until(lambda: follows(f"{readings}?l=1", "ReadingLink"))
        value = shell.says(f"sep2 get https://127.0.0.1:{port}{reading} {access} --raw")
        assert re.search(r"<value>\d+</value>", value), "a reading of the SEP 1.x meter, in SEP 2.0"

        def verified() -> bool:
            admissions = json.loads(shell.says(f"{listing} --json"))
            states = {told["kind"]: told["state"] for told in admissions}
            return states == {"gateway-sep1": "FIRST_READING", "sep2": "VERIFIED"}

        until(verified)
        assert "The device works" in shell.says(listing)
        assert load(settings).journal_path.exists()
    finally:
        process.terminate()
        process.communicate()

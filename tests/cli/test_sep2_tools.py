"""`handover check` and `handover sep2` against an ESI that really runs."""

import asyncio
import json
from pathlib import Path
from time import time
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from handover.cli.main import app
from handover.sep2 import exi, xml
from handover.sep2.resources.configuration import Configuration
from handover.sep2.resources.log_event import LogEvent
from sep2.esi_running import RunningEsi
from sep2.model_esi import furnish
from sep2.test_serving import soon, until

CONFIG = Configuration(currentLocale="en-US", userDeviceName="hall")
LOG = LogEvent(createdDateTime=5, functionSet=0, logEventCode=1, logEventID=1, logEventPEN=37250, profileID=2)


class Stage:
    """A running ESI, and commands that are run beside it in a thread."""

    def __init__(self, running: RunningEsi) -> None:
        self.running = running

    def words(self, *arguments: str, name: str = "device") -> list[str]:
        self.running.peer(name)
        folder = self.running.pki.path
        words = [word.replace("URL", self.running.origin) for word in arguments]
        return [*words, "--cert", f"{folder}/{name}.pem", "--ca", f"{folder}/ca.pem"]

    async def run(self, *arguments: str, name: str = "device") -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, self.words(*arguments, name=name))


@pytest.fixture
async def stage(tmp_path: Path) -> Any:
    with capture_logs():  # the server's, which runs in the same process
        async with RunningEsi(tmp_path) as running:
            furnish(running.esi)
            running.admit("device")
            yield Stage(running)


@pytest.mark.req("REQ.ZA.1")
class TestCheck:
    @pytest.mark.parametrize("tier", ["full", "sep1", "limited", "mirror"])
    async def test_our_esi_passes(self, stage: Stage, tier: str) -> None:
        result = await stage.run("check", "URL/dcap", "--tier", tier, "--pin", "111115")
        assert result.exit_code == 0, result.output
        assert "pass  MIN.TLS.1" in result.output
        assert "FAIL" not in result.output
        assert "requirements hold" in result.output

    async def test_what_is_missing_is_said(self, stage: Stage) -> None:
        stage.running.esi.store.delete("/msg/0")
        stage.running.esi.store.delete("/upt/0/mr/1")
        result = await stage.run("check", "URL/dcap", "--json")
        assert result.exit_code == 1
        report = json.loads(result.output)
        reasons = {r["id"]: r["reason"] for r in report["requirements"] if not r["passed"]}
        assert set(reasons) == {"MIN.MSG.2", "MIN.MSG.3", "MIN.UPT.6"}
        assert reasons["MIN.MSG.2"].startswith("MessagingProgram is missing")
        assert (report["profile"], report["tier"], report["passed"]) == ("min-esi", "full", False)

    async def test_a_device_that_is_not_registered_fails_most(self, stage: Stage) -> None:
        result = await stage.run("check", "URL/dcap", "--tier", "limited", name="stranger")
        assert result.exit_code == 1
        assert "FAIL  MIN.REG.1" in result.output

    async def test_wrong_use_and_no_connection(self, stage: Stage, tmp_path: Path) -> None:
        assert (await stage.run("check", "URL/dcap", "--tier", "best")).exit_code == 2
        assert (await stage.run("check", "URL/dcap", "--profile", str(tmp_path / "x"))).exit_code == 2
        gone = await stage.run("check", "https://127.0.0.1:9/dcap")
        assert gone.exit_code == 3
        assert "no TLS connection" in gone.output


class TestTools:
    @pytest.mark.parametrize("binary", [False, True])
    async def test_put_get_and_post(self, stage: Stage, tmp_path: Path, binary: bool) -> None:
        options = ["--exi"] if binary else []
        file = tmp_path / "cfg"
        file.write_bytes(xml.encode(CONFIG))
        put = await stage.run("sep2", "put", "URL/edev/0/cfg", str(file), *options)
        assert put.exit_code == 0, put.output
        assert "204" in put.output
        file.write_bytes(exi.encode(LOG))
        post = await stage.run("sep2", "post", "URL/edev/0/lel", str(file), *options)
        assert post.exit_code == 0, post.output
        assert "it is at /edev/0/lel/0" in post.output
        got = await stage.run("sep2", "get", "URL/edev/0/cfg", "--json", *options)
        document = json.loads(got.output)
        assert document["document"]["Configuration"]["userDeviceName"] == "hall"
        assert ("sep-exi" in document["headers"]["Content-Type"]) is binary
        raw = await stage.run("sep2", "get", "URL/edev/0/lel/0", "--raw", *options)
        shown = raw.output.strip()
        kept = exi.decode(bytes.fromhex(shown)) if binary else xml.decode(shown.encode())
        assert kept.logEventPEN == 37250

    async def test_a_body_that_is_none_does_not_leave(self, stage: Stage, tmp_path: Path) -> None:
        file = tmp_path / "x.xml"
        file.write_text("<Configuration/>")
        result = await stage.run("sep2", "put", "URL/edev/0/cfg", str(file))
        assert result.exit_code == 1
        assert "namespace" in result.output
        assert (await stage.run("sep2", "put", "URL/edev/0/cfg", str(tmp_path / "none"))).exit_code == 2

    async def test_refusals_have_their_exit_code(self, stage: Stage, tmp_path: Path) -> None:
        file = tmp_path / "x.xml"
        file.write_bytes(xml.encode(CONFIG))
        assert (await stage.run("sep2", "put", "URL/edev/0/rg", str(file))).exit_code == 3

    async def test_walk_prints_what_is_where(self, stage: Stage) -> None:
        result = await stage.run("sep2", "walk", "URL/dcap")
        assert result.exit_code == 3  # what the device has not PUT yet
        assert "/dr/0/edc" in result.output
        assert "EndDeviceControlList  (0)" in result.output
        assert "could be read" in result.output
        listed = json.loads((await stage.run("sep2", "walk", "URL/dcap", "--json")).output)
        by_path = {row["path"]: row for row in listed}
        assert by_path["/edev/0/rg"]["document"]["pIN"] == 111115
        assert "answered 404" in by_path["/edev/0/cfg"]["problem"]

    @pytest.mark.parametrize("options", [[], ["--exi"], ["--json"]])
    async def test_subscribe_prints_notifications_and_leaves_nothing(
        self, stage: Stage, options: list[str]
    ) -> None:
        esi = stage.running.esi
        esi.store.put_list("/dr/0/edc", subscribable=1)
        words = ("sep2", "subscribe", "URL/dr/0/edc", "--count", "1", *options)
        listening = asyncio.create_task(stage.run(*words))
        await until(lambda: esi.store.items("/edev/0/sub"), 20)
        esi.schedule.issue("/dr/0/edc", soon(1), time())
        stage.running.serving.changed()
        result = await listening
        assert result.exit_code == 0, result.output
        assert "subscribed to /dr/0/edc as /edev/0/sub/0" in result.stderr
        assert "EndDeviceControl" in result.stdout
        if options == ["--json"]:
            assert json.loads(result.stdout)["Resource"]["all"] == 1
        assert esi.store.items("/edev/0/sub") == []

    async def test_subscribe_says_when_the_server_ends_it(self, stage: Stage) -> None:
        esi = stage.running.esi
        esi.store.put_list("/dr/0/edc", subscribable=1)
        listening = asyncio.create_task(stage.run("sep2", "subscribe", "URL/dr/0/edc"))
        await until(lambda: esi.store.items("/edev/0/sub"), 20)
        esi.store.delete("/dr/0")
        stage.running.serving.changed()
        result = await listening
        assert result.exit_code == 1
        assert "/dr/0/edc deleted" in result.stdout

    async def test_subscribe_listens_where_it_is_told(self, stage: Stage) -> None:
        stage.running.esi.store.put_list("/dr/0/edc", subscribable=1)
        words = ("sep2", "subscribe", "URL/dr/0/edc", "--count", "1", "--listen", "127.0.0.1:0")
        listening = asyncio.create_task(stage.run(*words))
        await until(lambda: stage.running.esi.store.items("/edev/0/sub"), 20)
        stage.running.esi.schedule.issue("/dr/0/edc", soon(1), time())
        stage.running.serving.changed()
        assert (await listening).exit_code == 0
        wrong = await stage.run("sep2", "subscribe", "URL/dr/0/edc", "--listen", "127.0.0.1:port")
        assert wrong.exit_code == 2
        assert "is not an address" in wrong.output

    async def test_subscribe_says_why_not(self, stage: Stage) -> None:
        refused = await stage.run("sep2", "subscribe", "URL/tm")
        assert refused.exit_code == 1
        assert "takes no subscriptions" in refused.output
        stranger = await stage.run("sep2", "subscribe", "URL/dr", name="stranger")
        assert stranger.exit_code == 1
        assert "registered at this server?" in stranger.output

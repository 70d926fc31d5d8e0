"""curl with the issued certificates, every answer held against the schema of the 2018 edition."""

import re

import pytest
from lxml import etree

from conftest import Require
from peers.conftest import Running
from peers.curl import fetch, read_schema

LINK = re.compile(rb'href="([^"]+)"')


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema:
    return read_schema()


async def curl(running: Running, program: str, path: str, *options: str, name: str = "display") -> bytes:
    return await fetch(program, running.origin + path, running.pki.credentials(name), *options)


async def test_every_document_within_reach_is_valid(
    running: Running, schema: etree.XMLSchema, require_program: Require
) -> None:
    program = require_program("curl")
    running.source.premise.send_message(running.source.clock.now(), "Peak today", confirm=True)
    running.source.premise.send_load_control(running.source.clock.now(), start_in=3600, cooling_offset=20)
    await running.until(lambda: running.home.gateway.status()["counts"]["events"] > 0)
    await running.until(lambda: running.home.gateway.status()["counts"]["messages"] > 0)
    seen: dict[str, str] = {}
    waiting = ["/dcap"]
    while waiting:
        path = waiting.pop()
        document = await curl(running, program, path + "?l=255")
        root = etree.fromstring(document)
        schema.assertValid(root)
        seen[path] = etree.QName(root).localname
        waiting += [
            link
            for link in dict.fromkeys(href.decode() for href in LINK.findall(document))
            if link not in seen and link not in waiting
        ]
    assert set(seen.values()) >= {
        *("DeviceCapability", "Time", "SelfDevice", "EndDeviceList", "EndDevice", "Registration"),
        *("FunctionSetAssignmentsList", "DeviceInformation", "UsagePointList", "MeterReadingList"),
        *("ReadingType", "Reading", "TariffProfileList", "RateComponentList", "TimeTariffIntervalList"),
        *("ConsumptionTariffIntervalList", "MessagingProgramList", "TextMessageList"),
        *("DemandResponseProgramList", "EndDeviceControlList"),
    }


async def test_the_headers_are_those_of_the_standard(running: Running, require_program: Require) -> None:
    answer = await curl(running, require_program("curl"), "/tm", "--head")
    head = answer.decode().lower()
    assert head.startswith("http/1.1 200")
    assert "content-type: application/sep+xml; level=-s1" in head


async def test_a_method_that_is_not_offered_is_refused_with_those_that_are(
    running: Running, require_program: Require
) -> None:
    answer = await curl(running, require_program("curl"), "/tm", "--request", "DELETE", "--include")
    head = answer.decode()
    assert head.startswith("HTTP/1.1 405")
    allow = next(line for line in head.splitlines() if line.lower().startswith("allow:"))
    assert {"GET", "HEAD"} <= set(allow.split(":")[1].replace(" ", "").split(","))

"""curl pages through every list of our ESI, and every answer is valid by the schema."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from time import time

import pytest
from lxml import etree

from conftest import Require
from handover.sep2.resources import RESOURCES
from handover.sep2.resources.common import ListLink
from peers.curl import fetch, read_schema
from sep2.documents import minimal
from sep2.esi_running import RunningEsi
from sep2.model_esi import furnish

LINK = re.compile(rb'href="([^"]+)"')
ITEMS = 4


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningEsi]:
    async with RunningEsi(tmp_path) as running:
        furnish(running.esi)
        running.admit("device")
        _fill(running)
        yield running


def _fill(running: RunningEsi) -> None:
    """Put some items into every list that a plain resource may stand in."""
    store = running.esi.store
    for entry in RESOURCES:
        path = re.sub(r"\{id\d\}", "0", entry.path)
        listing = store.listing(path)
        if entry.item is None or listing is None or listing.source is not None or path == "/edev":
            continue
        if entry.name in ("SubscriptionList", "FunctionSetAssignmentsList", "ResponseList"):
            continue
        for number in range(len(listing), ITEMS):
            item = minimal(entry.item)
            if hasattr(item, "mRID"):
                item.mRID = bytes([9, number]) + path.encode()[:14]
            if hasattr(item, "interval"):
                item.interval.start, item.interval.duration = int(time()) + 3600 * (number + 1), 60
            for name in ("deviceLFDI", "lFDI", "endDeviceLFDI"):
                if hasattr(item, name):
                    setattr(item, name, running.peer("device").lfdi)
            for field in type(item).__dataclass_fields__:
                if field.endswith("ListLink") and isinstance(getattr(item, field), ListLink):
                    setattr(item, field, ListLink(href=f"{path}/{number}/x"))
            store.put(f"{path}/{number}", item)


async def test_every_list_is_paged_through_and_every_answer_is_valid(
    running: RunningEsi, require_program: Require
) -> None:
    program, schema = require_program("curl"), read_schema()
    credentials = running.credentials("device")
    seen: dict[str, str] = {}
    paged: dict[str, int] = {}
    waiting = ["/dcap"]

    async def read(path: str, query: str) -> etree._Element | None:
        answer = await fetch(
            program, f"{running.origin}{path}{query}", credentials, "--write-out", "%{http_code}"
        )
        document, status = answer[:-3], answer[-3:]
        if status != b"200":
            return None
        root = etree.fromstring(document)
        schema.assertValid(root)
        waiting.extend(
            link
            for link in dict.fromkeys(href.decode() for href in LINK.findall(document))
            if link not in seen and link not in waiting
        )
        return root

    while waiting:
        path = waiting.pop()
        seen[path] = ""
        first = await read(path, "?s=0&l=3")
        if first is None:
            continue
        seen[path] = etree.QName(first).localname
        if "results" not in first.attrib:
            continue
        total, hrefs = int(first.get("all", "")), [child.get("href") for child in first]
        for start in range(3, total, 3):
            page = await read(path, f"?s={start}&l=3")
            assert page is not None
            assert page.get("all") == str(total)
            hrefs += [child.get("href") for child in page]
        assert len(hrefs) == len(set(hrefs)) == total, path
        paged[seen[path]] = max(paged.get(seen[path], 0), total)
    assert sum(total >= ITEMS for total in paged.values()) >= 20, paged
    assert {
        "EndDeviceControlList",
        "TariffProfileList",
        "FileList",
        "DERProgramList",
        "UsagePointList",
    } <= set(paged)

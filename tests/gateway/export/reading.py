"""Reads an export back, as other software would."""

import csv
import io
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

NAMES = {"a": "http://www.w3.org/2005/Atom", "e": "http://naesb.org/espi"}


@dataclass
class Series:
    """One MeterReading of a feed: its ReadingType by field, and (start, duration, value) of every reading."""

    title: str
    kind: dict[str, int]
    values: list[tuple[int, int, int]]
    blocks: list[tuple[int, int]]
    qualities: set[str]

    @property
    def amounts(self) -> list[Decimal]:
        return [Decimal(value).scaleb(self.kind["powerOfTenMultiplier"]) for _, _, value in self.values]


class Feed:
    """A Green Button document, followed by its links."""

    def __init__(self, document: bytes) -> None:
        self.root = etree.fromstring(document)
        self.entries = self.root.findall("a:entry", NAMES)

    def content(self, kind: str) -> list[etree._Element]:
        return self.root.findall(f"a:entry/a:content/e:{kind}", NAMES)

    def links(self, entry: etree._Element, relation: str) -> list[str]:
        return [link.get("href") for link in entry.findall("a:link", NAMES) if link.get("rel") == relation]

    def below(self, path: str) -> list[etree._Element]:
        """Return the entries whose collection is at `path`."""
        return [entry for entry in self.entries if self.links(entry, "up") == [path]]

    def at(self, path: str) -> etree._Element:
        (entry,) = [entry for entry in self.entries if self.links(entry, "self") == [path]]
        return entry

    def series(self, usage_point: int) -> list[Series]:
        found = []
        for entry in self.below(f"RetailCustomer/1/UsagePoint/{usage_point}/MeterReading"):
            blocks, kind = self.links(entry, "related")
            fields = self.at(kind).find("a:content/e:ReadingType", NAMES)
            intervals = [block.find("a:content/e:IntervalBlock", NAMES) for block in self.below(blocks)]
            found.append(
                Series(
                    entry.findtext("a:title", "", NAMES),
                    {etree.QName(field).localname: int(field.text) for field in fields},
                    [
                        (
                            int(r.findtext("e:timePeriod/e:start", "", NAMES)),
                            int(r.findtext("e:timePeriod/e:duration", "", NAMES)),
                            int(r.findtext("e:value", "", NAMES)),
                        )
                        for block in intervals
                        for r in block.findall("e:IntervalReading", NAMES)
                    ],
                    [
                        (
                            int(block.findtext("e:interval/e:start", "", NAMES)),
                            int(block.findtext("e:interval/e:duration", "", NAMES)),
                        )
                        for block in intervals
                    ],
                    {q.text for block in intervals for q in block.findall(".//e:quality", NAMES)},
                )
            )
        return found


def rows(document: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(document.decode(), newline="")))

"""Content negotiation: which representation an Accept header allows, which one a Content-Type names.

SEP 2.0 has two media types, `application/sep+xml` and `application/sep-exi`, with the parameter `level`
(`-S1`: the schema without extensions, `+S1`: with extensions). Both are spoken here; where a client likes
them the same, it gets XML.
"""

from dataclasses import dataclass
from functools import lru_cache

XML = "application/sep+xml"
EXI = "application/sep-exi"
LEVEL = "-S1"
LEVELS = ("-S1", "+S1")
XML_CONTENT_TYPE = f"{XML}; level={LEVEL}"
EXI_CONTENT_TYPE = f"{EXI}; level={LEVEL}"


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The outcome: `content_type` of the answer, or None and the `reason` for 406 or 415."""

    content_type: str | None
    reason: str = ""

    @property
    def is_exi(self) -> bool:
        """Tell whether the document is binary."""
        return self.content_type is not None and self.content_type.startswith(EXI)


_DEFAULT = Negotiated(XML_CONTENT_TYPE)
_SPOKEN = f"ask for {XML_CONTENT_TYPE} or {EXI_CONTENT_TYPE}"


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of an Accept header."""

    kind: str
    level: str
    quality: float


def _parameters(texts: list[str]) -> dict[str, str]:
    pairs = (text.partition("=") for text in texts)
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _quality(text: str) -> float:
    """Return a q-value; anything unreadable counts as 1, as a recipient that does not look at q would do."""
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return min(max(quality, 0.0), 1.0) if quality == quality else 1.0


def _ranges(accept: str) -> list[_Range]:
    found = []
    for element in accept.split(","):
        kind, *rest = element.split(";")
        kind = kind.strip().lower()
        if kind:
            parameters = _parameters(rest)
            found.append(_Range(kind, parameters.get("level", ""), _quality(parameters.get("q", "1"))))
    return found


def _specificity(candidate: _Range, kind: str, level: str) -> int:
    """Return how closely `candidate` names `kind` at `level`; 0 when it does not match."""
    if candidate.kind == kind:
        if candidate.level:
            return 4 if candidate.level.upper() == level else 0
        return 3
    return {"application/*": 2, "*/*": 1}.get(candidate.kind, 0)


def _quality_of(ranges: list[_Range], kind: str, level: str) -> float:
    """Return the quality that the most specific matching range gives to `kind` at `level`."""
    matches = [(_specificity(candidate, kind, level), candidate.quality) for candidate in ranges]
    best = max((specificity for specificity, _ in matches), default=0)
    return max((quality for specificity, quality in matches if specificity == best and best), default=0.0)


@lru_cache(maxsize=256)
def negotiate(accept: str | None) -> Negotiated:
    """Choose the Content-Type of an answer from an Accept header (None or blank: anything goes)."""
    if accept is None or not accept.strip():
        return _DEFAULT
    ranges = _ranges(accept)
    offers = [(_quality_of(ranges, kind, level), kind, level) for kind in (XML, EXI) for level in LEVELS]
    quality, kind, level = max(offers, key=lambda offer: offer[0])
    if quality > 0:
        return Negotiated(f"{kind}; level={level}")
    return Negotiated(None, f"nothing that this server speaks is acceptable; {_SPOKEN}")


@lru_cache(maxsize=256)
def judge_body(content_type: str | None) -> Negotiated:
    """Tell whether a body of this Content-Type can be read (`content_type` set) or why not."""
    if content_type is None or not content_type.strip():
        return Negotiated(None, f"the body has no Content-Type; send {XML_CONTENT_TYPE}")
    kind, *rest = content_type.split(";")
    kind = kind.strip().lower()
    parameters = _parameters(rest)
    if kind not in (XML, EXI):
        return Negotiated(None, f"bodies of this type cannot be read; send {XML_CONTENT_TYPE}")
    if parameters.get("level", LEVEL).upper() not in LEVELS:
        return Negotiated(None, f"this schema level is not known; send {XML_CONTENT_TYPE}")
    if kind == XML and parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        return Negotiated(None, "only UTF-8 bodies can be read")
    return Negotiated(kind)

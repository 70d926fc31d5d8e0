"""Whatever arrives, an answer with a valid status leaves; nothing foreign is in it, nothing breaks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep2 import xml
from handover.sep2.resources import RESOURCES
from handover.sep2.resources.entry import METHODS
from handover.sep2.security.access import AccessRules
from handover.sep2.security.rules import READ
from handover.sep2.server import Incident, Request, Server, keeping
from sep2.tree_samples import OWN, PEERS, full_tree, paths_of, sample

STATUSES = {200, 201, 204, 400, 403, 404, 405, 406, 413, 414, 415, 501, 503}
PATHS = sorted({path for entry in RESOURCES for path, _ in paths_of(entry)})
BODIES = [xml.encode(sample(entry.resource)) for entry in RESOURCES if entry.item is None]

methods = st.sampled_from(METHODS) | st.text(max_size=8)
pieces = st.sampled_from(
    [*PATHS, "/", "//", "..", "%2e", "%2F", "%", ";", "?", "#", "http://h", "\0", "é", "\ud800"]
)
paths = st.sampled_from(PATHS) | st.lists(pieces, max_size=4).map("".join) | st.text(max_size=20)
queries = st.text(max_size=20) | st.text(alphabet="slaALl=&%0123456789-", max_size=16)
headers = st.dictionaries(
    st.sampled_from(["Accept", "accept", "Content-Type", "content-type", "X"]),
    st.sampled_from(["application/sep+xml", "application/sep-exi", "*/*;q=0", ""]) | st.text(max_size=20),
    max_size=3,
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Return a valid document, perhaps with some octets replaced, or any octets."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=60))
    body = bytearray(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(0, 3))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


@settings(max_examples=1500)
@given(methods, paths, queries, headers, bodies(), st.sampled_from(sorted(PEERS)))
def test_handle_never_raises(
    method: str, path: str, query: str, fields: dict[str, str], body: bytes, who: str
) -> None:
    incidents: list[Incident] = []
    store = TREE if method in READ else full_tree()
    server = Server(store, AccessRules(store), keeping(store), failed=incidents.append)
    response = server.handle(Request(method, path, query, fields, body, PEERS[who]), 1_000_000_000)
    assert not incidents
    assert response.status in STATUSES
    assert "Date" in response.headers
    for name, value in response.headers.items():
        assert f"{name}{value}".isascii()
        assert f"{name}{value}".isprintable()
    if method != "HEAD" and response.status != 204:
        assert response.headers["Content-Length"] == str(len(response.body))
    if who == "nobody":
        assert response.status == 403
    if who == "own":
        assert FOREIGN not in response.body


FOREIGN = PEERS["other"].lfdi.hex().upper().encode()  # type: ignore[union-attr]
TREE = full_tree()


def test_the_tree_is_one_that_has_something_to_hide() -> None:
    store = full_tree()
    server = Server(store, AccessRules(store))
    assert FOREIGN in server.handle(Request("GET", "/edev/1", peer=PEERS["other"]), 0).body
    assert OWN.lfdi != bytes.fromhex(FOREIGN.decode())

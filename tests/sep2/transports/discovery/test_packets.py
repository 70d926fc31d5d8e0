"""Responder and search against each other, without a network."""

import contextlib
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep2.transports.discovery import LOCAL, SITE, SUBTYPES, Advertisement, Domain
from handover.sep2.transports.discovery import packets as dns
from handover.sep2.transports.discovery.packets import AAAA, ANY, PTR, SRV, TXT, A
from handover.sep2.transports.discovery.responder import REPLY_LIMIT, Reply, Responder
from handover.sep2.transports.discovery.search import ADDRESS_LIMIT, INSTANCE_LIMIT, TRIES, Search

SAID = Advertisement(
    "Kitchen",
    "gw",
    ("192.0.2.7", "2001:db8::7", "fe80::7%eth0"),
    port=80,
    https_port=8443,
    function_sets={"edev": "/edev", "edev-167261211391": "/edev/3", "tm": "/tm"},
)
SERVICE = "_smartenergy._tcp.site."
INSTANCE = "Kitchen._smartenergy._tcp.site."


def responder(domain: Domain = SITE, *, subtypes_only: bool = False, said: Advertisement = SAID) -> Responder:
    return Responder(said, domain, subtypes_only=subtypes_only)


def answers(replies: Iterable[Reply]) -> list[tuple[str, int]]:
    return [
        (record.name, record.type)
        for reply in replies
        for packet in reply.packets
        for record in dns.read(packet).answers()
    ]


def converse(search: Search, *servers: Responder, source: str = "fe80::9%lo") -> None:
    """Let questions and answers go back and forth until nobody has anything to say."""
    asks = search.queries()
    while asks:
        for ask in asks:
            for server in servers:
                for reply in server.handle(ask, 40000, 0.0):
                    for packet in reply.packets:
                        search.handle(packet, source)
        asks = search.missing()


def test_a_search_finds_everything() -> None:
    search = Search(SITE, SUBTYPES)
    converse(search, responder())
    [server] = search.servers()
    assert (server.instance, server.host, server.domain) == ("Kitchen", "gw.site", "site")
    assert (server.port, server.https_port, server.dcap, server.level) == (80, 8443, "/dcap", "-S1")
    assert server.addresses == ("2001:db8::7", "192.0.2.7", "fe80::7%lo")
    assert server.subtypes == {"edev": "/edev", "tm": "/tm"}


def test_the_server_that_holds_a_device() -> None:
    search = Search(SITE, ["edev-167261211391"])
    other = Advertisement("Other", "other", ("192.0.2.8",), port=80)
    converse(search, responder(), responder(said=other))
    assert [(s.instance, s.subtypes) for s in search.servers()] == [
        ("Kitchen", {"edev-167261211391": "/edev/3"}),
        ("Other", {}),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        (SERVICE, PTR, [PTR, SRV, TXT, A, AAAA, AAAA]),
        (SERVICE.upper(), ANY, [PTR, SRV, TXT, A, AAAA, AAAA]),
        ("edev._sub." + SERVICE, PTR, [PTR, SRV, TXT, A, AAAA, AAAA]),
        ("Tm._SUB." + SERVICE, ANY, [PTR, SRV, TXT, A, AAAA, AAAA]),
        ("mup._sub." + SERVICE, PTR, []),
        ("_services._dns-sd._udp.site.", PTR, [PTR]),
        (INSTANCE, SRV, [SRV, A, AAAA, AAAA]),
        (INSTANCE, TXT, [TXT, A, AAAA, AAAA]),
        (INSTANCE, ANY, [SRV, TXT, A, AAAA, AAAA]),
        (INSTANCE, A, []),
        ("gw.site.", AAAA, [AAAA, AAAA]),
        ("gw.site.", A, [A]),
        ("gw.site.", ANY, [A, AAAA, AAAA]),
        ("else.site.", ANY, []),
        ("_smartenergy._tcp.local.", PTR, []),
    ],
)
def test_questions(name: str, kind: int, expected: list[int]) -> None:
    assert [kind for _, kind in answers(responder().handle(dns.ask([(name, kind)]), 5353, 0.0))] == expected


def test_in_local_only_subtypes_are_answered() -> None:
    local = responder(LOCAL, subtypes_only=True)
    for name in ("_smartenergy._tcp.local.", "Kitchen._smartenergy._tcp.local.", "gw.local."):
        assert local.handle(dns.ask([(name, ANY)]), 5353, 0.0) == []
    [reply] = local.handle(dns.ask([("edev._sub._smartenergy._tcp.local.", PTR)]), 5353, 0.0)
    assert answers([reply])[0] == ("edev._sub._smartenergy._tcp.local.", PTR)


def texts(reply: Reply) -> list[dns.DNSText]:
    return [r for packet in reply.packets for r in dns.read(packet).answers() if isinstance(r, dns.DNSText)]


def test_a_text_with_a_path_is_short_lived_and_not_the_only_one() -> None:
    [reply] = responder().handle(dns.ask([("edev._sub." + SERVICE, PTR)]), 5353, 0.0)
    [text] = texts(reply)
    assert b"path=/edev" in text.text
    assert (text.ttl, text.unique) == (10, False)
    [plain] = texts(responder().handle(dns.ask([(SERVICE, PTR)]), 5353, 0.0)[0])
    assert b"path=" not in plain.text
    assert (plain.ttl, plain.unique) == (4500, True)


def test_a_plain_resolver_gets_its_question_back() -> None:
    [reply] = responder().handle(dns.ask([(SERVICE, PTR)], identifier=4711), 40000, 0.0)
    assert reply.unicast
    packet = dns.read(reply.packets[0])
    assert packet.id == 4711
    assert [question.name for question in packet.questions] == [SERVICE]
    assert {record.ttl for record in packet.answers()} == {10}
    assert not any(record.unique for record in packet.answers())


def query(name: str, *, unicast: bool, known: dns.DNSRecord | None = None) -> bytes:
    out = dns.DNSOutgoing(0, multicast=True)
    out.add_question(dns.DNSQuestion(name, PTR, 1 | (0x8000 if unicast else 0)))
    if known is not None:
        out.add_answer_at_time(known, 0)
    return out.packets()[0]


def test_to_whom_the_answer_goes() -> None:
    [reply] = responder().handle(query(SERVICE, unicast=True), 5353, 0.0)
    assert reply.unicast
    [reply] = responder().handle(query(SERVICE, unicast=False), 5353, 0.0)
    assert (reply.unicast, reply.shared) == (False, True)


def test_what_the_asker_knows_is_not_said_again() -> None:
    assert (
        responder().handle(query(SERVICE, unicast=False, known=dns.pointer(SERVICE, INSTANCE)), 5353, 0.0)
        == []
    )
    old = dns.pointer(SERVICE, INSTANCE, 1000)
    assert len(responder().handle(query(SERVICE, unicast=False, known=old), 5353, 0.0)) == 1


def test_hello_and_goodbye() -> None:
    hello = [r for packet in responder().announce() for r in dns.read(packet).answers()]
    assert {r.name for r in hello if r.type == PTR} >= {SERVICE, "edev._sub." + SERVICE}
    bye = [r for packet in responder().goodbye() for r in dns.read(packet).answers()]
    assert {(r.name, r.type) for r in bye} == {(r.name, r.type) for r in hello}
    assert {r.ttl for r in bye} == {0}
    search = Search(SITE)
    for packet in responder().announce():
        search.handle(packet)
    assert len(search.servers()) == 1
    for packet in responder().goodbye():
        search.handle(packet)
    assert search.servers() == []


def test_something_else_is_said_from_now_on() -> None:
    server = responder()
    server.advertise(
        Advertisement("Attic", "gw", ("192.0.2.9",), https_port=443, function_sets={"mup": "/mup"})
    )
    search = Search(SITE, SUBTYPES)
    converse(search, server)
    [found] = search.servers()
    assert (found.instance, found.port, found.https_port, found.subtypes) == (
        "Attic",
        443,
        443,
        {"mup": "/mup"},
    )


def test_a_flood_of_questions_is_limited() -> None:
    server, ask = responder(), dns.ask([(SERVICE, PTR)])
    assert sum(len(server.handle(ask, 5353, 10.0)) for _ in range(1000)) == REPLY_LIMIT
    assert server.limited == 1000 - REPLY_LIMIT
    assert len(server.handle(ask, 5353, 11.0)) == 1


def test_answers_are_not_answered() -> None:
    for packet in responder().announce():
        assert responder().handle(packet, 5353, 0.0) == []


def test_a_server_that_says_little_is_asked_again() -> None:
    search = Search(SITE)
    search.handle(dns.answer([dns.pointer(SERVICE, INSTANCE)], [])[0], "192.0.2.7")
    asked = {(q.name, q.type) for ask in search.missing() for q in dns.read(ask).questions}
    assert asked == {(INSTANCE, SRV), (INSTANCE, TXT)}
    search.handle(dns.answer([dns.service(INSTANCE, 80, "gw.site."), dns.text(INSTANCE, SAID.text())], [])[0])
    asked = {(q.name, q.type) for ask in search.missing() for q in dns.read(ask).questions}
    assert asked == {("gw.site.", A), ("gw.site.", AAAA)}
    [server] = search.servers()
    assert server.addresses == ("192.0.2.7",)
    assert [bool(search.missing()) for _ in range(TRIES)] == [True, True, False, False]


def test_a_server_with_a_bad_text_is_not_shown() -> None:
    bad = [
        dns.pointer(SERVICE, INSTANCE),
        dns.service(INSTANCE, 80, "gw.site."),
        dns.text(INSTANCE, b"\x03bad"),
    ]
    search = Search(SITE)
    search.handle(dns.answer(bad, dns.addresses("gw.site.", ["192.0.2.1"]))[0])
    assert search.servers() == []
    assert search.missing() == []


def test_a_flood_of_servers_is_limited() -> None:
    search = Search(SITE)
    for n in range(200):
        name = f"n{n}.{SERVICE}"
        records = [
            dns.pointer(SERVICE, name),
            dns.service(name, 80, f"h{n}.site."),
            dns.text(name, SAID.text()),
        ]
        for packet in dns.answer(
            records, dns.addresses(f"h{n}.site.", [f"192.0.2.{m}" for m in range(1, 40)])
        ):
            search.handle(packet)
    servers = search.servers()
    assert len(servers) == INSTANCE_LIMIT
    assert all(len(server.addresses) <= ADDRESS_LIMIT for server in servers)


def test_other_services_are_no_servers() -> None:
    search = Search(SITE)
    search.handle(dns.answer([dns.pointer("_http._tcp.site.", "x._http._tcp.site.")], [])[0])
    search.handle(dns.answer([dns.pointer(SERVICE, "x._http._tcp.site.")], [])[0])
    assert search.missing() == []


VALID = [*responder().announce(), dns.ask([(SERVICE, PTR), (INSTANCE, ANY)]), query(SERVICE, unicast=True)]


@given(
    st.binary(max_size=300) | st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
)
@settings(max_examples=500)
def test_any_octets_are_taken(packet: bytes, changes: list[tuple[int, int]]) -> None:
    octets = bytearray(packet)
    for position, value in changes:
        if octets:
            octets[position % len(octets)] = value
    packet = bytes(octets)
    with contextlib.suppress(DecodeError):
        dns.read(packet)
    responder().handle(packet, 5353, 0.0)
    responder().handle(packet, 1, 0.0)
    search = Search(SITE, SUBTYPES)
    search.handle(packet, "192.0.2.1")
    search.servers()
    search.missing()


def test_long_packets_are_refused() -> None:
    with pytest.raises(DecodeError):
        dns.read(b"\0" * 9001)
    server = responder()
    server.handle(b"\0" * 9001, 5353, 0.0)
    server.handle(b"", 5353, 0.0)
    assert server.malformed == 2

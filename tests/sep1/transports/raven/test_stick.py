import pytest

from handover.sep1.transports.raven import parse
from handover.sep1.transports.raven.document import Document
from handover.sep1.transports.raven.framing import Splitter
from handover.sep1.transports.raven.stick import Stick, compose
from sep1.transports.raven.samples import METER, STAMP, demand, octets

NOW = STAMP + 946684800.0
MESSAGE = octets("MessageCluster", TimeStamp="0x234e5af4", Id="0x00000007", Text="a > b", Confirmed="N")
CLOCK = octets("TimeCluster", UTCTime="0x234e5af5", LocalTime="0x234dea75")
RECORDING = parse(demand() + MESSAGE + CLOCK)


def documents(answer: bytes) -> list[Document]:
    return [Document.of(fragment.element) for fragment in Splitter(print).feed(answer)]


def command(name: str, **arguments: str) -> Document:
    return documents(compose("Command", {"Name": name, **arguments}))[0]


def ask(stick: Stick, name: str, **arguments: str) -> list[Document]:
    return documents(stick.answer(command(name, **arguments), NOW))


def shown() -> Stick:
    stick = Stick(RECORDING)
    for entry in RECORDING:
        stick.show(entry)
    return stick


def test_it_shows_what_was_recorded() -> None:
    stick = Stick(RECORDING)
    assert [stick.show(entry) for entry in RECORDING] == [demand(), MESSAGE, CLOCK]


def test_it_answers_with_what_it_showed_last() -> None:
    stick = shown()
    [answer] = ask(stick, "get_instantaneous_demand")
    assert (answer.tag, answer.text("Demand")) == ("InstantaneousDemand", "0x00014d")
    assert ask(stick, "get_instantaneous_demand", MeterMacId=f"0x{METER:016X}") == [answer]
    assert ask(stick, "get_message")[0].text("Text") == "a > b"


@pytest.mark.parametrize(
    "name",
    ["get_current_price", "get_message", "get_instantaneous_demand", "get_current_summation_delivered"],
)
def test_before_the_meter_was_heard_it_has_nothing_to_say(name: str) -> None:
    [answer] = ask(Stick(RECORDING), name)
    assert answer.time("TimeStamp") is None


def test_a_confirmed_message_stays_confirmed() -> None:
    stick = shown()
    assert ask(stick, "confirm_message", Id="0x00000007") == []
    assert ask(stick, "confirm_message", Id="nonsense") == []
    assert stick.confirmed == [7]
    assert ask(stick, "get_message")[0].text("Confirmed") == "Y"
    assert documents(stick.show(RECORDING.entries[1]))[0].text("Confirmed") == "Y"


def test_it_knows_the_time_and_the_zone() -> None:
    [answer] = ask(shown(), "get_time")
    assert answer.time("UTCTime") == STAMP
    assert answer.time("LocalTime") == STAMP - 28800


def test_who_it_is() -> None:
    stick = shown()
    assert ask(stick, "get_meter_list")[0].mac("MeterMacId") == METER
    assert ask(stick, "get_network_info")[0].mac("CoordMacId") == METER
    assert ask(stick, "get_connection_status")[0].text("Status") == "Connected"
    assert ask(stick, "get_device_info")[0].text("Manufacturer") == "Handover"
    assert ask(stick, "get_meter_info")[0].text("MeterType") == "electric"


def test_schedules() -> None:
    stick = shown()
    assert ask(stick, "set_schedule", Event="demand", Frequency="0x0008", Enabled="Y") == []
    assert stick.schedules["demand"] == (8, True)
    [answer] = ask(stick, "get_schedule", Event="demand")
    assert (answer.text("Frequency"), answer.text("Enabled")) == ("0x0008", "Y")
    assert len(ask(stick, "get_schedule")) == len(stick.schedules)


def test_what_it_does_not_know_it_warns_of() -> None:
    assert ask(shown(), "make_coffee")[0].tag == "Warning"
    assert ask(shown(), "restart") == []


def test_commands_are_kept_for_inspection() -> None:
    stick = shown()
    ask(stick, "get_time", Refresh="Y")
    assert list(stick.commands) == [("get_time", {"Refresh": "Y"})]

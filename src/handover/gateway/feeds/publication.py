"""What must be published over MQTT, and what need not be said again. No I/O.

Everything is retained. Each entity has a description (Home Assistant discovery) and below
PREFIX/EUI-64/KEY the topics `state`, `availability` and, where it has any, `attributes`. The gateway's own
availability stands at PREFIX/EUI-64/availability and is its last will.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from handover.gateway.feeds.entities import MESSAGE, Document, Entity, entities

ONLINE, OFFLINE = "online", "offline"
BIRTH = "online"
"""What Home Assistant says on its status topic when it has started."""


class Message(NamedTuple):
    """A retained message."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Topics:
    """Where things are published: prefixes without a slash at their end, and the gateway's EUI-64."""

    prefix: str
    discovery: str
    eui64: int

    @property
    def base(self) -> str:
        """Above every topic of this gateway."""
        return f"{self.prefix}/{self.eui64:016X}"

    @property
    def identifier(self) -> str:
        """What the gateway is called in identifiers."""
        return f"handover_{self.eui64:016X}"

    @property
    def availability(self) -> str:
        """Where the gateway says that it runs."""
        return f"{self.base}/availability"

    @property
    def births(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.discovery}/status"


class Publication:
    """What one broker has been told. `messages` lets the texts of the utility out."""

    def __init__(self, topics: Topics, *, messages: bool) -> None:
        self.topics = topics
        self._messages = messages
        self._told: dict[str, str] = {}
        self._known: set[str] = set()

    @property
    def farewell(self) -> Message:
        """Return what the broker says for us when we are gone."""
        return Message(self.topics.availability, OFFLINE)

    def renew(self) -> None:
        """Forget what has been told: the broker is another one, or somebody must hear everything again."""
        self._told.clear()

    def update(self, document: Document) -> list[Message]:
        """Return what has changed since the last call: descriptions first, availability last."""
        found = entities(document, messages=self._messages)
        wanted: list[Message] = [self._description(document, entity) for entity in found]
        for entity in found:
            base = f"{self.topics.base}/{entity.key}"
            if entity.attributes is not None:
                wanted.append(Message(f"{base}/attributes", _json(entity.attributes)))
            wanted.append(Message(f"{base}/state", entity.state))
            wanted.append(self._availability(entity.key, entity.available))
        gone = self._known - {entity.key for entity in found}
        wanted += [self._availability(key, False) for key in sorted(gone)]
        if not self._messages:
            wanted += self._silence()
        wanted.append(Message(self.topics.availability, ONLINE))
        self._known |= {entity.key for entity in found}
        new = [message for message in wanted if self._told.get(message.topic) != message.payload]
        self._told.update(new)
        return new

    def _silence(self) -> list[Message]:
        """Take back what an earlier run may have left on the broker about messages: empty removes."""
        topics = self.topics
        places = [f"{topics.base}/{MESSAGE}/{leaf}" for leaf in ("state", "attributes", "availability")]
        description = f"{topics.discovery}/sensor/{topics.identifier}/{MESSAGE}/config"
        return [Message(topic, "") for topic in (description, *places)]

    def _availability(self, key: str, available: bool) -> Message:
        return Message(f"{self.topics.base}/{key}/availability", ONLINE if available else OFFLINE)

    def _description(self, document: Document, entity: Entity) -> Message:
        topics = self.topics
        base = f"{topics.base}/{entity.key}"
        body: dict[str, Any] = {
            "name": entity.name,
            "unique_id": f"{topics.identifier}_{entity.key}",
            "state_topic": f"{base}/state",
            "availability": [{"topic": topics.availability}, {"topic": f"{base}/availability"}],
            "availability_mode": "all",
            "device": self._device(document, entity),
            "origin": {"name": "Handover", "sw_version": document["gateway"]["version"]},
            **entity.facts,
        }
        if entity.attributes is not None:
            body["json_attributes_topic"] = f"{base}/attributes"
        topic = f"{topics.discovery}/{entity.component}/{topics.identifier}/{entity.key}/config"
        return Message(topic, _json(body))

    def _device(self, document: Document, entity: Entity) -> dict[str, Any]:
        own = self.topics.identifier
        if not entity.meter:
            return {
                "identifiers": [own],
                "name": document["gateway"]["name"],
                "manufacturer": "Handover",
                "model": "Smart Energy gateway",
                "sw_version": document["gateway"]["version"],
            }
        return {
            "identifiers": [f"{own}_{entity.meter}"],
            "name": f"{entity.commodity.capitalize()} meter {entity.meter[12:16]}",
            "model": "Smart Energy meter",
            "via_device": own,
        }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""Publishes the feed on an MQTT broker, and goes on trying when there is none.

Nothing that arrives commands anything: the only subscription is Home Assistant's word that it has started,
which makes everything be said again.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiomqtt
import structlog

from handover.errors import ConfigError
from handover.gateway.config import Config, MqttSection
from handover.gateway.feeds.entities import Document
from handover.gateway.feeds.publication import BIRTH, Message, Publication, Topics

log = structlog.get_logger("handover.gateway")

PERIOD = 1.0
"""Real seconds between two looks at the status."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Real seconds before the next try to reach the broker; each wait is twice the one before."""
PUBLISH_TIME, FAREWELL_TIME = 10.0, 2.0
QOS = 1
MOST_HEARD = 16
"""Messages that may wait to be read; what comes beyond is dropped."""


class MqttFeed:
    """One broker, and what it is told of the gateway that `config` describes.

    `document` gives the status document. Raises ConfigError for a password or an authority that cannot be
    read.
    """

    def __init__(
        self,
        config: Config,
        document: Callable[[], Document],
        *,
        period: float = PERIOD,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        mqtt = config.mqtt
        self._section: MqttSection = mqtt
        self._password = _password(config.path(mqtt.password_file)) if mqtt.password_file else None
        self._tls = _tls(config) if mqtt.tls else None
        self._document = document
        self._publication = Publication(
            Topics(mqtt.topic_prefix, mqtt.discovery_prefix, config.eui64), messages=mqtt.messages
        )
        self._period = period
        self._first_wait = first_wait
        self._problem: str | None = None
        if self._password and not self._tls and not _loopback(mqtt.host):
            log.warning("mqtt.password_in_clear", hint="set tls = true in [mqtt]")

    async def run(self) -> None:
        """Publish until cancelled."""
        wait = self._first_wait
        while True:
            try:
                async with self._connected() as client:
                    self._note(None)
                    self._publication.renew()
                    await client.subscribe(self._publication.topics.births)
                    wait = self._first_wait
                    await self._feed(client)
            except aiomqtt.MqttError as error:
                self._note(str(error))
            except Exception:  # a defect of ours must not end the feed in silence
                log.exception("mqtt.failed")
            _end_if_told()
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        """Give a client that is connected; one that is cut off while it connects is not left behind."""
        client = self._client()
        entering = asyncio.create_task(client.__aenter__())
        try:
            await asyncio.shield(entering)
            yield client
        finally:
            await asyncio.wait([entering], timeout=FAREWELL_TIME)
            entering.cancel()
            result = (await asyncio.gather(entering, return_exceptions=True))[0]
            if not isinstance(result, BaseException):
                await client.__aexit__(None, None, None)

    def _client(self) -> aiomqtt.Client:
        mqtt, farewell = self._section, self._publication.farewell
        return aiomqtt.Client(
            mqtt.host,
            mqtt.port,
            username=mqtt.username or None,
            password=self._password,
            identifier=self._publication.topics.identifier,
            will=aiomqtt.Will(farewell.topic, farewell.payload, QOS, retain=True),
            max_queued_incoming_messages=MOST_HEARD,
            tls_context=self._tls,
        )

    async def _feed(self, client: aiomqtt.Client) -> None:
        listener = asyncio.create_task(self._listen(client))
        try:
            while True:
                for message in self._publication.update(self._document()):
                    await _publish(client, message)
                    _end_if_told()
                done, _ = await asyncio.wait([listener], timeout=self._period)
                if done:
                    listener.result()
        except asyncio.CancelledError:
            # Who says goodbye has no last will: the broker must be told.
            with contextlib.suppress(aiomqtt.MqttError):
                await _publish(client, self._publication.farewell, FAREWELL_TIME)
            raise
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Say everything again when Home Assistant has started. Raises MqttError when the line is cut."""
        async for message in client.messages:
            if message.payload == BIRTH.encode() and not message.retain:
                self._publication.renew()

    def _note(self, problem: str | None) -> None:
        """Log when the broker is lost and when it is there, each once."""
        if problem is None:
            log.info("mqtt.connected", host=self._section.host, port=self._section.port)
        elif problem != self._problem:
            log.warning("mqtt.unavailable", reason=problem, host=self._section.host, port=self._section.port)
        self._problem = problem


async def _publish(client: aiomqtt.Client, message: Message, seconds: float = PUBLISH_TIME) -> None:
    await client.publish(message.topic, message.payload, QOS, retain=True, timeout=seconds)


def _end_if_told() -> None:
    """End the present task when it was cancelled: below, wait_for of Python 3.11 may have swallowed that."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _password(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"[mqtt] password_file {path} cannot be read: {error}. Write the broker's password into it, "
            "readable for the user that runs the gateway"
        ) from error


def _tls(config: Config) -> ssl.SSLContext:
    path = config.path(config.mqtt.ca) if config.mqtt.ca else None
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"[mqtt] ca {path} cannot be used: {error}. Name the PEM file of the broker's authority, "
            "or leave it out for one that this system trusts"
        ) from error


def _loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")

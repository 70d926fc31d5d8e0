"""What goes up to the server: Responses in a device's name, and the devices themselves."""

from collections.abc import Callable

from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.messages import Text
from handover.gateway.downward.orders import Order
from handover.gateway.downward.prices import Published
from handover.gateway.step import Step
from handover.mapping import load_answers, messaging
from handover.mapping import price as price_mapping
from handover.mapping.device_class import category_bits
from handover.mapping.scalars import octets
from handover.mapping.status import Service, is_wanted
from handover.model.event import Status
from handover.model.participation import Answer
from handover.sep1.clusters.price import PriceAcknowledgement
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2 import xml
from handover.sep2.client.follower import Follower
from handover.sep2.client.links import local
from handover.sep2.client.outbox import Pending
from handover.sep2.declaration import Edition
from handover.sep2.resources.common import Resource
from handover.sep2.resources.end_device import EndDevice

GRACE = 3600.0
"""Seconds after an event's end for which its answers are still worth sending."""

PATIENCE = 7 * 86_400.0
DEVICE = "edev/"


class Posting:
    """Makes posts and leaves them in the follower's outbox. `lfdi_of` says who a device is to the server."""

    def __init__(
        self, follower: Follower, lfdi_of: Callable[[HanDevice], bytes], edition: Edition = Edition.E2018
    ) -> None:
        self._follower = follower
        self._lfdi_of = lfdi_of
        self._edition = edition

    def order(self, step: Step, device: HanDevice, order: Order, answer: Answer) -> None:
        """Answer a control, if its server asks for this."""
        if not is_wanted(answer.status, bytes([order.required]), Service.LOAD_CONTROL):
            return
        answer.device, answer.at = self._lfdi_of(device), answer.at - order.skew
        made = load_answers.answer_to_sep2(answer, subject=bytes.fromhex(order.subject))
        end = order.latest_end
        self._response(step, device, order.subject, order.reply_to, made, answer.status, answer.at, end)

    def text(self, step: Step, device: HanDevice, text: Text, answer: Answer) -> None:
        """Answer a message, if its server asks for this."""
        if not is_wanted(answer.status, bytes([text.required]), Service.MESSAGE):
            return
        answer.device, answer.at = self._lfdi_of(device), answer.at - text.skew
        made = messaging.answer_to_sep2(answer, subject=bytes.fromhex(text.subject))
        end = text.message.end
        self._response(step, device, text.subject, text.reply_to, made, answer.status, answer.at, end)

    def price(self, step: Step, device: HanDevice, published: Published, at: int) -> None:
        """Say that a device has a price, if its server asks for this."""
        if not is_wanted(Status.RECEIVED, bytes([published.required]), Service.PRICE):
            return
        word = PriceAcknowledgement(
            provider_id=published.price.key.provider,
            issuer_event_id=published.id,
            price_ack_time=at - ZIGBEE_EPOCH,
            control=1,
        )
        made = price_mapping.acknowledgement_to_sep2(
            word, device=self._lfdi_of(device), subject=bytes.fromhex(published.subject)
        )
        end = published.price.end
        self._response(step, device, published.subject, published.reply_to, made, Status.RECEIVED, at, end)

    def introduce(self, step: Step, device: HanDevice, path: str) -> None:
        """Ask the server to take a device into its list at `path`."""
        made = EndDevice(
            lFDI=device.lfdi,
            sFDI=device.sfdi,
            changedTime=int(step.now),
            deviceCategory=octets(category_bits(device.category, self._edition), 4),
        )
        self.post(step, f"{DEVICE}{device.id}", path, made, PATIENCE)

    def post(self, step: Step, key: str, path: str, resource: Resource, patience: float) -> None:
        """Send a resource that is no Response; `Posted` tells what became of it."""
        body = xml.encode(resource)
        self._follower.letters.send(
            Pending(key, key, 0, path, body, step.wall, step.wall + patience, step.wall)
        )

    def _response(
        self,
        step: Step,
        device: HanDevice,
        subject: str,
        reply_to: str | None,
        made: Resource,
        status: Status,
        at: int,
        end: float,
    ) -> None:
        path = local(reply_to or "", "/", self._follower.settings.authority) if reply_to else None
        if path is None:
            step.log("warning", "a replyTo that leads away from the server is not followed", subject=subject)
            return
        key = f"{device.id}/{subject}/{int(status)}/{at}"
        last = max(step.wall, min(end, step.now + PATIENCE) - step.now + step.wall) + GRACE
        entry = Pending(
            key, f"{device.id}/{subject}", int(status), path, xml.encode(made), step.wall, last, step.wall
        )
        self._follower.letters.send(entry)
        step.audit("response", device=device.id, subject=subject, status=int(status))

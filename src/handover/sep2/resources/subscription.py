"""Subscription and notification (clause 8.6): a server calls its clients when a resource changes."""

from dataclasses import field
from typing import Annotated

from handover.sep2.declaration import Edition, Polymorphic, Since, resource
from handover.sep2.resources.common import List, PollRate, Resource, Resource_
from handover.sep2.types import AnyURI, Int48, String16, TimeType, UInt8, UInt32


@resource
class SubscriptionBase(Resource):
    """What is subscribed to, as a path on the server."""

    subscribedResource: AnyURI


@resource
class Condition:
    """Notify when the value leaves the range from `lowerThreshold` to `upperThreshold`."""

    attributeIdentifier: UInt8
    lowerThreshold: Int48
    upperThreshold: Int48


Condition_ = Condition


@resource
class Subscription(SubscriptionBase):
    """A wish to be notified at `notificationURI`.

    `encoding`: 0 XML, 1 EXI. `level`: "-S1" or "+S1". `limit`: how many list items to include, 0 for none.
    """

    Condition: Condition_ | None = None
    encoding: UInt8
    level: String16
    limit: UInt32
    notificationURI: AnyURI


Subscription_ = Subscription


@resource
class SubscriptionList(List):
    """A page of subscriptions. `pollRate` in seconds."""

    pollRate: PollRate = None
    Subscription: list[Subscription_] = field(default_factory=list)


@resource
class Notification(SubscriptionBase):
    """That a subscribed resource changed, with the resource itself when the subscriber wants it.

    `status`: 0 changed, 1 subscription cancelled, 2 moved, 3 definition changed, 4 deleted.
    `subscriptionURI` and `newResourceURI` are absolute.
    """

    createdDateTime: Annotated[TimeType | None, Since(Edition.E2023)] = None
    newResourceURI: AnyURI | None = None
    Resource: Polymorphic[Resource_] | None = None
    status: UInt8
    subscriptionURI: AnyURI


Notification_ = Notification


@resource
class NotificationList(List):
    """Notifications, the target of the POST."""

    Notification: list[Notification_] = field(default_factory=list)

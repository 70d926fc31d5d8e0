"""`RadioHan`: a home area network of radio frames in this process, with real joining and real keys.

Nodes are attached and frames carried as on a `VirtualHan`; underneath, every node has network layers of its
own, joins with an install code, establishes its link key with a certificate, and all of it is 802.15.4 frames
on a medium. Time moves by `advance`, or by itself under `real_time.RealTime`.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from handover.errors import NotNow
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.han import DeviceReady, HanNode, Hosted, NotReady, Ready, Told
from handover.sep1.han.hosted import Engine
from handover.sep1.key_establishment import KeyEstablishment
from handover.sep1.network.zdp import SimpleDescriptor
from handover.sep1.security.authority import Authority
from handover.sep1.security.ecqv import Credentials
from handover.sep1.security.install_code import InstallCode, with_crc
from handover.sep1.stack import Role, Settings, Stack
from handover.sep1.stack.outputs import Arrived, Output, Undelivered
from handover.sep1.stack.trust_centre import Policy
from handover.sep1.transports.air import Air
from handover.sep1.transports.medium import Fate, Hears, Medium, Tap, within_reach
from handover.sep1.transports.virtual import Inbox
from handover.sep1.types import SE_PROFILE

PAN_ID: Final = 0x1AAA
PERMIT: Final = 254.0
TOLD: Final = 10_000
"""Indications kept of a hosted engine."""
ESI_DEVICE, DISPLAY_DEVICE = 0x0500, 0x0502
"""Smart Energy device ids: energy service interface, in-premise display."""

_SUITES: Final = (1, 2)


class RadioHan:
    """The network. `clock` gives Unix seconds, `draw` random octets.

    `coordinator` is the ESI, which forms the network when it is attached. `suites` are those for which nodes
    get certificates of `authority` (a fresh one by default). `admitted` is called with the EUI-64 of every
    device that has established its key; `moved` whenever something new may be due. Counters: `carried` frames
    handed over by the application, `undelivered` by reason. Every attached device is registered with the
    trust centre, unless `registers` is False: then only those for which `expect` was called.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        draw: Callable[[int], bytes],
        coordinator: int | None = None,
        authority: Authority | None = None,
        suites: tuple[int, ...] = _SUITES,
        fate: Fate | None = None,
        hears: Hears = within_reach,
        tap: Tap | None = None,
        settings: Settings | None = None,
        policy: Policy | None = None,
        registers: bool = True,
    ) -> None:
        self.coordinator = coordinator
        self.admitted: Callable[[int], None] | None = None
        self.moved: Callable[[], None] | None = None
        self.carried = 0
        self.undelivered: Counter[str] = Counter()
        self._clock = clock
        self._draw = draw
        self._authority = authority or Authority.new(draw)
        self._suites = suites
        self._settings = settings
        self._policy = policy
        self._registers = registers
        random = _uniform(draw)
        self.medium = Medium(fate=fate, hears=hears, random=random, tap=tap)
        self.air = Air(self.medium, clock(), listener=self._heard)
        self._nodes: dict[int, HanNode] = {}
        self._inboxes: dict[int, Inbox] = {}
        self._codes: dict[int, InstallCode] = {}
        self._off: set[int] = set()
        self._hosted: dict[int, Hosted] = {}
        self._told: dict[int, deque[Any]] = {}
        self._engine: Engine | None = None

    # as a VirtualHan

    def attach(
        self,
        eui64: int,
        *,
        role: Role | None = None,
        code: InstallCode | None = None,
        wallet: Mapping[int, Credentials] | None = None,
        position: tuple[float, float] = (0.0, 0.0),
        reach: float | None = None,
    ) -> Inbox:
        """Put a node on the air and return its inbox; a device begins to join.

        The coordinator comes first. `code` is the device's install code, drawn if there is none, `wallet` its
        certificates by suite, issued if there are none. Raises NotNow while a node of that address is
        attached.
        """
        if eui64 in self._nodes:
            raise NotNow(
                f"a node {eui64:016X} is already on this HAN; detach it first or choose another EUI-64"
            )
        self.advance()
        esi = eui64 == self.coordinator
        stack = Stack(
            eui64,
            Role.COORDINATOR if esi else role or Role.END_DEVICE,
            draw=self._draw,
            endpoints=[_descriptor(esi)],
            settings=self._settings,
            policy=self._policy,
        )
        if wallet is None:
            wallet = {suite: self._authority.issue(eui64, suite, self._draw) for suite in self._suites}
        node = HanNode(stack, KeyEstablishment(eui64, wallet, self._draw))
        inbox = self._inboxes[eui64] = Inbox(eui64, ready=esi)
        self._nodes[eui64] = node
        if self._engine is not None:
            self._hosted[eui64] = Hosted(node, self._engine)
            self._told[eui64] = deque(maxlen=TOLD)
        self.air.add(self._station(node), position=position, reach=reach)
        if esi:
            self._do(node, stack.form(PAN_ID))
            for device, known in self._codes.items() if self._registers else ():
                self.expect(device, known)
        else:
            known = self._codes[eui64] = code or with_crc(self._draw(16))
            stack.preset(known.link_key)
            if self._registers:
                self.expect(eui64, known)
            self._do(node, node.join(self.air.now))
        return inbox

    def host(
        self,
        engine: Engine,
        *,
        role: Role | None = None,
        code: InstallCode | None = None,
        wallet: Mapping[int, Credentials] | None = None,
        position: tuple[float, float] = (0.0, 0.0),
        reach: float | None = None,
    ) -> Hosted:
        """Put a node on the air that lives from `engine`, an `Esi` or a `HanClient`; see `attach`.

        What the engine indicates is kept for `told`; what its methods return is given to `do`.
        """
        self._engine = engine
        try:
            self.attach(engine.eui64, role=role, code=code, wallet=wallet, position=position, reach=reach)
        finally:
            self._engine = None
        return self._hosted[engine.eui64]

    def do(self, eui64: int, outputs: Iterable[Any]) -> None:
        """Carry out what a method of a hosted engine has returned. Raises NotNow for a stranger."""
        hosted = self._hosted.get(eui64)
        if hosted is None:
            raise NotNow(f"no engine {eui64:016X} is hosted on this HAN; host it first")
        self.advance()
        self.air.do(hosted, hosted.does(outputs, self.air.now))
        self._stir()

    def told(self, eui64: int) -> list[Any]:
        """Return what a hosted engine has indicated since the last call; the oldest go beyond TOLD."""
        kept = self._told.get(eui64)
        found = list(kept or ())
        if kept:
            kept.clear()
        return found

    def expect(self, device: int, code: InstallCode) -> None:
        """Register a device with the trust centre and open the network for it."""
        esi = self._nodes.get(self.coordinator) if self.coordinator is not None else None
        if esi is not None:
            self.advance()
            esi.stack.centre.register(device, code.link_key)
            self._do(esi, esi.stack.permit(PERMIT, self.air.now))

    def detach(self, eui64: int) -> None:
        """Switch a node off; harmless for a stranger."""
        node = self._nodes.pop(eui64, None)
        if node is not None:
            self.advance()
            self.air.take(eui64)
            self._off.discard(eui64)
            self._hosted.pop(eui64, None)
            self._inboxes.pop(eui64).close()

    def switch_off(self, eui64: int) -> None:
        """Let a node lose its power: it neither sends nor hears. Raises NotNow for a stranger."""
        self.node(eui64)
        self.advance()
        self.air.take(eui64)
        self._off.add(eui64)

    def switch_on(self, eui64: int) -> None:
        """Give a node its power back; it looks for its network. Raises NotNow for a stranger."""
        node = self.node(eui64)
        if eui64 not in self._off:
            return
        self._off.discard(eui64)
        self.advance()
        self.air.add(self._station(node))
        if eui64 != self.coordinator and node.stack.joined:
            self._do(node, node.do(node.stack.rejoin(self.air.now), self.air.now))

    def nodes(self) -> list[int]:
        """Return the attached EUI-64s in the order in which they came."""
        return list(self._nodes)

    def carry(self, frame: ApsFrame) -> None:
        """Send one frame from its source. Raises NotNow when that is not attached."""
        node = self.node(frame.source)
        self.advance()
        self.carried += 1
        if frame.source in self._off:
            self.undelivered["switched off"] += 1
            return
        self._do(node, node.send(frame, self.air.now))

    # time

    def advance(self, until: float | None = None) -> None:
        """Let happen what is due by `until`, or by the clock."""
        self.air.advance(self._clock() if until is None else until)

    def due(self) -> float | None:
        """Return when the next thing happens."""
        return self.air.due()

    # what there is to know

    def node(self, eui64: int) -> HanNode:
        """Return a node. Raises NotNow for a stranger."""
        try:
            return self._nodes[eui64]
        except KeyError:
            raise NotNow(f"no node {eui64:016X} is on this HAN; attach it first") from None

    @property
    def codes(self) -> Mapping[int, InstallCode]:
        """The install codes of the devices."""
        return self._codes

    def keys(self) -> tuple[list[bytes], list[bytes]]:
        """Return the network keys and the link keys, install codes' too, to read a capture with."""
        network: dict[bytes, None] = {}
        link = {code.link_key: None for code in self._codes.values()}
        for node in self._nodes.values():
            network |= dict.fromkeys(node.stack.network_keys())
            link |= dict.fromkeys(node.stack.link_keys().values())
        return list(network), list(link)

    # inside

    def _station(self, node: HanNode) -> HanNode | Hosted:
        return self._hosted.get(node.eui64, node)

    def _do(self, node: HanNode, outputs: list[Output]) -> None:
        hosted = self._hosted.get(node.eui64)
        if hosted is None:
            self.air.do(node, outputs)
        else:
            self.air.do(hosted, hosted.after(outputs, self.air.now))
        self._stir()

    def _stir(self) -> None:
        if self.moved is not None:
            self.moved()

    def _heard(self, eui64: int, output: Output, now: float) -> None:
        if isinstance(output, Arrived):
            inbox = self._inboxes.get(eui64)
            if inbox is not None:
                inbox.put(output.frame)
        elif isinstance(output, Told):
            self._told[eui64].append(output.indication)
        elif isinstance(output, Undelivered):
            self.undelivered[output.reason] += 1
        elif isinstance(output, Ready):
            self._inboxes[eui64].set_ready()
        elif isinstance(output, NotReady):
            self.undelivered["not ready"] += 1
        elif isinstance(output, DeviceReady) and self.admitted is not None:
            self.admitted(output.eui64)


def _descriptor(esi: bool) -> SimpleDescriptor:
    """Return an endpoint that serves and uses every cluster: which it does is the application's business."""
    clusters = tuple(sorted(CLUSTERS))
    return SimpleDescriptor(
        endpoint=1,
        profile=SE_PROFILE,
        device_id=ESI_DEVICE if esi else DISPLAY_DEVICE,
        input_clusters=clusters,
        output_clusters=clusters,
    )


def _uniform(draw: Callable[[int], bytes]) -> Callable[[], float]:
    return lambda: int.from_bytes(draw(4), "little") / 0x1_0000_0000

"""What a person reads of each state: a title, what is the case, and what to do next.

One table for the screen, the terminal and the printed guide, so that they cannot differ. Plain words: a
reader knows the labels of devices, and no term of the standards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from handover.gateway.pairing.states import DownSep1, DownSep2, Kind, UpSep1, UpSep2


@dataclass(frozen=True, slots=True)
class Words:
    """`title` in a few words; `sentence` says what is the case; `next_step` what to do now."""

    title: str
    sentence: str
    next_step: str


KINDS: Final[Mapping[Kind, Words]] = {
    Kind.UP_SEP1: Words(
        "The gateway at a SEP 1.x meter",
        "The gateway joins the network of your smart meter. Your utility must expect it.",
        "Have the gateway's label at hand: its install code and its MAC address (EUI-64).",
    ),
    Kind.UP_SEP2: Words(
        "The gateway at a SEP 2.0 server of the utility",
        "The gateway connects to your utility's server. Your utility must expect it.",
        "Have the gateway's SFDI (twelve digits) and its PIN (six digits) at hand.",
    ),
    Kind.DOWN_SEP1: Words(
        "A SEP 1.x device at the gateway",
        "A ZigBee Smart Energy device joins the gateway's own network.",
        "Have the device's label at hand: its install code and its MAC address (EUI-64), or its QR code.",
    ),
    Kind.DOWN_SEP2: Words(
        "A SEP 2.0 device at the gateway",
        "A SEP 2.0 (IEEE 2030.5) device in your home connects to the gateway.",
        "Have the device's label at hand: its SFDI (twelve digits) and its PIN (six digits).",
    ),
}
"""What each kind of admission is, and what one needs for it."""

_CODE_WRONG: Final = Words(
    "The install code is wrong",
    "The install code does not fit its check digits, so something in it is mistyped.",
    "Compare it with the label, group by group, and type it again, or scan the QR code.",
)
_SFDI_WRONG: Final = Words(
    "The SFDI is wrong",
    "The SFDI does not fit its check digit, or has the wrong length, so something in it is mistyped.",
    "Compare the twelve digits with the label and type them again.",
)
_PIN_WRONG: Final = Words(
    "The PIN is wrong",
    "The PIN does not fit its check digit, or has not six digits, so something in it is mistyped.",
    "Compare the six digits with the label and type them again; zeros at the beginning count.",
)

UP_SEP1: Final = {
    UpSep1.NOT_STARTED: Words(
        "Before you begin",
        "The gateway is not yet admitted at the meter.",
        "Type the gateway's install code here once, to be sure that you read it right.",
    ),
    UpSep1.CODE_ENTERED: Words(
        "Tell the utility",
        "The install code is right.",
        "Give the install code and the MAC address to your utility, and ask it to let the gateway join. "
        "Then start the gateway; it searches by itself.",
    ),
    UpSep1.DETECTING_ESI: Words(
        "The gateway looks for the meter",
        "The gateway is looking for your meter's network.",
        "Wait. Keep the gateway within ten metres of the meter while it searches.",
    ),
    UpSep1.JOINED: Words(
        "The meter has let the gateway in",
        "The gateway is in the meter's network, and the two are agreeing on a secret key.",
        "Wait. This takes up to a minute.",
    ),
    UpSep1.KEYS_ESTABLISHED: Words(
        "The gateway is registered at the meter",
        "The meter and the gateway trust each other.",
        "Wait for the first reading.",
    ),
    UpSep1.FIRST_READING: Words(
        "Readings come in",
        "The gateway receives readings from your meter. It is ready for devices.",
        "Admit your devices now.",
    ),
    UpSep1.BAD_CODE: _CODE_WRONG,
    UpSep1.TIMEOUT: Words(
        "The meter was not found in time",
        "The meter has not let the gateway in.",
        "Move the gateway closer to the meter, ask your utility whether it has the gateway's install code "
        "and has opened the network, and try again.",
    ),
    UpSep1.REFUSED: Words(
        "The meter refuses the gateway",
        "The meter was found, but it does not let this gateway in.",
        "Read install code and MAC address to your utility again: one of them is wrong there. "
        "Then try again.",
    ),
    UpSep1.WRONG_PROFILE: Words(
        "That is another kind of network",
        "What was found or typed does not belong to ZigBee Smart Energy 1.x.",
        "Ask your utility which kind of meter you have; choose the kind that fits and begin again.",
    ),
    UpSep1.CERTIFICATE_EXPIRED: Words(
        "A certificate is not valid",
        "The certificate of the meter or of the gateway is out of date, so they cannot agree on a key.",
        "Check the date of the gateway. If it is right, ask your utility about the meter's certificate, "
        "then try again.",
    ),
    UpSep1.NO_READING: Words(
        "No reading comes",
        "The gateway is registered, but the meter sends no reading.",
        "Ask your utility whether readings are switched on for your meter. The gateway goes on waiting.",
    ),
}

UP_SEP2: Final = {
    UpSep2.NOT_STARTED: Words(
        "Before you begin",
        "The gateway is not yet admitted at the utility's server.",
        "Type the gateway's SFDI and PIN here once, to be sure that you read them right.",
    ),
    UpSep2.CODE_ENTERED: Words(
        "Tell the utility",
        "SFDI and PIN are right.",
        "Give both to your utility, over its customer page or by telephone. "
        "Then start the gateway; it connects by itself.",
    ),
    UpSep2.DETECTING_ESI: Words(
        "The gateway looks for the server",
        "The gateway is looking for your utility's server.",
        "Wait. The gateway needs its network cable or wireless network for this.",
    ),
    UpSep2.KEYS_ESTABLISHED: Words(
        "The connection is secure",
        "Server and gateway have checked each other's certificates.",
        "Wait while the server looks the gateway up.",
    ),
    UpSep2.REGISTERED: Words(
        "The gateway is registered at the utility",
        "The server knows this gateway, and the PIN is right.",
        "Wait for the first prices or readings.",
    ),
    UpSep2.FIRST_READING: Words(
        "Data come in",
        "The gateway receives data from your utility. It is ready for devices.",
        "Admit your devices now.",
    ),
    UpSep2.BAD_SFDI: _SFDI_WRONG,
    UpSep2.BAD_PIN: Words(
        "The PIN is wrong",
        "The PIN is mistyped, or it is not the one that your utility has.",
        "Compare the six digits with the label, read them to your utility again, and type them again.",
    ),
    UpSep2.TIMEOUT: Words(
        "The server was not found in time",
        "The gateway has not reached your utility's server.",
        "Check the network cable, and the server's address with your utility; then try again.",
    ),
    UpSep2.REFUSED: Words(
        "The server refuses the gateway",
        "The server was reached, but it does not accept the gateway's certificate.",
        "Tell your utility the gateway's SFDI and ask whether it trusts the maker of its certificate.",
    ),
    UpSep2.UNKNOWN_DEVICE: Words(
        "The server does not know the gateway yet",
        "The connection stands, but this gateway is on no list of the server.",
        "Ask your utility whether it has entered the SFDI; read it out digit by digit. "
        "The gateway asks again by itself.",
    ),
    UpSep2.WRONG_PROFILE: Words(
        "That is another kind of server",
        "What was found or typed does not belong to SEP 2.0 (IEEE 2030.5).",
        "Ask your utility which kind of service you have; choose the kind that fits and begin again.",
    ),
    UpSep2.CERTIFICATE_EXPIRED: Words(
        "A certificate is not valid",
        "The certificate of the server or of the gateway is not valid at today's date.",
        "Check the date of the gateway. If it is right, ask your utility for a new certificate, "
        "then try again.",
    ),
    UpSep2.NO_READING: Words(
        "No data come",
        "The gateway is registered, but the server has nothing for it.",
        "Ask your utility which programs it has assigned to the gateway. The gateway goes on asking.",
    ),
}

DOWN_SEP1: Final = {
    DownSep1.NOT_STARTED: Words(
        "Before you begin",
        "The gateway does not know this device yet.",
        "Type the install code and the MAC address from the device's label, or scan its QR code.",
    ),
    DownSep1.CODE_ENTERED: Words(
        "The code is right",
        "The gateway knows the code and opens its network for this device as soon as it runs.",
        "Bring the device within ten metres of the gateway, and look up in its manual how to make it join.",
    ),
    DownSep1.WINDOW_OPEN: Words(
        "Switch the device on now",
        "The network is open for this device until the countdown ends.",
        "Switch the device on, or press its join button.",
    ),
    DownSep1.JOINED: Words(
        "The device is in the network",
        "The device has joined and is agreeing on a secret key with the gateway. "
        "It gets neither prices nor readings yet.",
        "Wait. This takes up to a minute; leave the device switched on.",
    ),
    DownSep1.KEYS_ESTABLISHED: Words(
        "The device is trusted",
        "Device and gateway have a key of their own.",
        "Wait while the gateway introduces the device to your utility's server.",
    ),
    DownSep1.REGISTERED: Words(
        "The device is registered",
        "The device is registered and may use everything that the gateway offers it.",
        "Wait until the device has fetched its first data.",
    ),
    DownSep1.VERIFIED: Words(
        "The device works",
        "The device has fetched its first data. Everything is in order.",
        "Nothing more is to be done.",
    ),
    DownSep1.BAD_CODE: _CODE_WRONG,
    DownSep1.TIMEOUT: Words(
        "The device did not come in time",
        "The network has closed before the device was admitted.",
        "Check that the label belongs to this device, move it closer, start it afresh as its manual says, "
        "and try again.",
    ),
    DownSep1.REFUSED: Words(
        "The device was refused",
        "The device tried to come in and could not be accepted.",
        "Check that the label belongs to this device, and that it is not still tied to another network "
        "(reset it as its manual says); then try again.",
    ),
    DownSep1.UNKNOWN_DEVICE: Words(
        "Another device knocked",
        "A device that is not the expected one tried to join and was kept out. The network is still open "
        "for yours.",
        "Compare the MAC address with the label; if it is right, go on: switch your device on.",
    ),
    DownSep1.WRONG_PROFILE: Words(
        "That is another kind of device",
        "What was typed or what joined does not belong to ZigBee Smart Energy 1.x.",
        "Look at the label: a device with SFDI and PIN is admitted as a SEP 2.0 device. "
        "A device for home automation cannot be admitted here.",
    ),
    DownSep1.CERTIFICATE_EXPIRED: Words(
        "The device's certificate is not valid",
        "The certificate in the device is out of date or of an unknown maker, so no key can be agreed on.",
        "Check the date of the gateway. If it is right, ask the device's maker for an update or another "
        "device, then try again.",
    ),
    DownSep1.NO_READING: Words(
        "The device has not fetched anything",
        "The device is registered, but it has not asked for anything yet.",
        "Switch the device off and on again; look whether its display shows a fault. "
        "The gateway goes on waiting.",
    ),
}

DOWN_SEP2: Final = {
    DownSep2.NOT_STARTED: Words(
        "Before you begin",
        "The gateway does not know this device yet. Until then it gets the time and public prices only.",
        "Type the SFDI and the PIN from the device's label.",
    ),
    DownSep2.CODE_ENTERED: Words(
        "SFDI and PIN are right",
        "The numbers fit their check digits. The gateway writes the device into its list.",
        "Wait a moment; if this stays, type SFDI and PIN again.",
    ),
    DownSep2.REGISTERED: Words(
        "The device is registered",
        "The gateway knows the device and its PIN.",
        "Connect the device to your home network and switch it on. It finds the gateway by itself; "
        "if it shows an SFDI or PIN of the gateway, compare it.",
    ),
    DownSep2.VERIFIED: Words(
        "The device works",
        "The device has connected and fetched its first data. Everything is in order.",
        "Nothing more is to be done.",
    ),
    DownSep2.BAD_SFDI: _SFDI_WRONG,
    DownSep2.BAD_PIN: _PIN_WRONG,
    DownSep2.REFUSED: Words(
        "The device was refused",
        "The gateway cannot accept this device: its certificate or its number is not in order.",
        "Read the reason that is shown. If another device has this SFDI here, remove that one first; "
        "then try again.",
    ),
    DownSep2.UNKNOWN_DEVICE: Words(
        "Another device knocked",
        "A device with another SFDI has connected; it gets the time and public prices only.",
        "Compare the SFDI that is shown with the label of your device. If it is yours, admit it with "
        "that SFDI.",
    ),
    DownSep2.WRONG_PROFILE: Words(
        "That is another kind of device",
        "What was typed or what connected does not belong to SEP 2.0 (IEEE 2030.5).",
        "Look at the label: a device with an install code is admitted as a SEP 1.x device.",
    ),
    DownSep2.CERTIFICATE_EXPIRED: Words(
        "The device's certificate is not valid",
        "The certificate of the device is not valid at today's date.",
        "Check the date of the gateway. If it is right, put a new certificate into the device "
        "(its SFDI changes with it), and admit it again.",
    ),
    DownSep2.NO_READING: Words(
        "The device has not fetched anything",
        "The device is registered, but it has not connected yet.",
        "Check that the device is switched on and in the same network, and that SFDI and PIN on its display "
        "are those of its label. The gateway goes on waiting.",
    ),
}

WORDS: Final[Mapping[Kind, Mapping[Any, Words]]] = {
    Kind.UP_SEP1: UP_SEP1,
    Kind.UP_SEP2: UP_SEP2,
    Kind.DOWN_SEP1: DOWN_SEP1,
    Kind.DOWN_SEP2: DOWN_SEP2,
}
"""Every state of every kind."""

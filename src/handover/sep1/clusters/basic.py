"""Basic (0x0000): what a node says of itself. All of SE 1.0 and 1.1."""

from dataclasses import dataclass

from handover.sep1.declaration import Attribute, Cluster, Command, CommandRow, attributes, commands
from handover.sep1.types import BITMAP8, BOOLEAN, CHARSTR, ENUM8_TYPE, UINT8


@dataclass(slots=True)
class ResetToFactoryDefaults(Command):
    """Orders every attribute of every cluster of the node back to its default."""


BASIC = Cluster(
    id=0x0000,
    name="Basic",
    link_key=False,
    server_attributes=attributes(
        Attribute(0x0000, "zcl_version", UINT8, mandatory=True),
        Attribute(0x0001, "application_version", UINT8),
        Attribute(0x0002, "stack_version", UINT8),
        Attribute(0x0003, "hardware_version", UINT8),
        Attribute(0x0004, "manufacturer_name", CHARSTR, max_length=32),
        Attribute(0x0005, "model_identifier", CHARSTR, max_length=32),
        Attribute(0x0006, "date_code", CHARSTR, max_length=16),
        Attribute(0x0007, "power_source", ENUM8_TYPE, mandatory=True),
        Attribute(0x0010, "location_description", CHARSTR, "RW", max_length=16),
        Attribute(0x0011, "physical_environment", ENUM8_TYPE, "RW"),
        Attribute(0x0012, "device_enabled", BOOLEAN, "RW"),
        Attribute(0x0013, "alarm_mask", BITMAP8, "RW"),
        Attribute(0x0014, "disable_local_config", BITMAP8, "RW"),
    ),
    to_server=commands(CommandRow(0x00, ResetToFactoryDefaults)),
)

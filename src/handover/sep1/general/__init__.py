"""General ZCL commands: those that every cluster shares, as dataclasses that know their octets.

Here: the table of them. Not here: the commands of a cluster (`clusters`).
"""

from typing import Final

from handover.sep1.general.attributes import (
    AttributeInfo,
    AttributeRecord,
    AttributeValues,
    DefaultResponse,
    DiscoverAttributes,
    DiscoverAttributesResponse,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
    StatusRecord,
    WriteAttributes,
    WriteAttributesNoResponse,
    WriteAttributesResponse,
    WriteAttributesUndivided,
)
from handover.sep1.general.base import GeneralCommand
from handover.sep1.general.reporting import (
    ConfigureReporting,
    ConfigureReportingResponse,
    ReadReportingConfiguration,
    ReadReportingConfigurationResponse,
    ReportingRecord,
    ReportingStatus,
)

__all__ = [
    "GENERAL",
    "AttributeInfo",
    "AttributeRecord",
    "AttributeValues",
    "ConfigureReporting",
    "ConfigureReportingResponse",
    "DefaultResponse",
    "DiscoverAttributes",
    "DiscoverAttributesResponse",
    "GeneralCommand",
    "ReadAttributes",
    "ReadAttributesResponse",
    "ReadReportingConfiguration",
    "ReadReportingConfigurationResponse",
    "ReportAttributes",
    "ReportingRecord",
    "ReportingStatus",
    "StatusRecord",
    "WriteAttributes",
    "WriteAttributesNoResponse",
    "WriteAttributesResponse",
    "WriteAttributesUndivided",
]

GENERAL: Final[dict[int, type[GeneralCommand]]] = {
    0x00: ReadAttributes,
    0x01: ReadAttributesResponse,
    0x02: WriteAttributes,
    0x03: WriteAttributesUndivided,
    0x04: WriteAttributesResponse,
    0x05: WriteAttributesNoResponse,
    0x06: ConfigureReporting,
    0x07: ConfigureReportingResponse,
    0x08: ReadReportingConfiguration,
    0x09: ReadReportingConfigurationResponse,
    0x0A: ReportAttributes,
    0x0B: DefaultResponse,
    0x0C: DiscoverAttributes,
    0x0D: DiscoverAttributesResponse,
}
"""Every general command by its id."""

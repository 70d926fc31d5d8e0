"""EXI, the binary form of SEP 2.0 documents (clause 5.6.3; EXI 1.0 with the schema of 2018).

`encode` and `decode` are for resources, `from_xml` and `to_xml` for documents of any content.
"""

from handover.sep2.exi.codec import decode, encode, from_xml, to_xml
from handover.sep2.exi.tree_decoder import LIMITS, Limits

__all__ = ["LIMITS", "Limits", "decode", "encode", "from_xml", "to_xml"]

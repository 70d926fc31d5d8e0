"""The resources of SEP 2.0: a file for each function set, and the tables that everything else works from.

CLASSES (and LATER_CLASSES, those that are new in 2023) finds a class by its name in a document; RESOURCES
says where each resource is and what may be done with it; ORDER says how list items are sorted.
"""

from handover.sep2.resources.classes import CLASSES, LATER_CLASSES
from handover.sep2.resources.table import ORDER, RESOURCES

__all__ = ["CLASSES", "LATER_CLASSES", "ORDER", "RESOURCES"]

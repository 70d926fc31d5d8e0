"""The map: every attribute and command of the clusters, and every function set, and what becomes of each.

Declared here by hand, checked against the declarations of both applications; what a translation loses stands
with the translation (`LOSSES`) and is only shown here.
"""

from handover.mapping.chart import energy, general
from handover.mapping.chart.entry import Fate, Row
from handover.mapping.chart.function_sets import FUNCTION_SETS, Apart, FunctionSet

__all__ = ["CLUSTER_ROWS", "FUNCTION_SETS", "Apart", "Fate", "FunctionSet", "Row"]

CLUSTER_ROWS: dict[int, tuple[Row, ...]] = dict(sorted((general.CLUSTERS | energy.CLUSTERS).items()))
"""The lines of each cluster by its id."""

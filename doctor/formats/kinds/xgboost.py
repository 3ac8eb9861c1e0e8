"""What an XGBoost model file says, in any of its three formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class XGBoostFile(NamedTuple):
    """
    A booster as ``save_model`` writes it.

    Args:
        booster: "gbtree", "gblinear" or "dart"; "" where it wasn't found.
        objective: "binary:logistic"; "" where it wasn't found.
        num_feature: columns of its input; 0 where nothing says.
        num_class: classes of a multi-class objective, else 0.
        num_trees: of the booster; 0 where it has none or nothing says.
        feature_names: in the order of its columns, empty where it was trained without.
        feature_types: likewise.
        attributes: what was set on the booster: best_iteration, scikit_learn.
    """

    booster: str
    objective: str
    num_feature: int
    num_class: int
    num_trees: int
    feature_names: tuple[str, ...] = ()
    feature_types: tuple[str, ...] = ()
    attributes: Mapping[str, str] = {}

"""What DJL Serving's ``serving.properties`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ServingProperties(NamedTuple):
    """
    The settings of one model.

    Args:
        values: by name as written ("engine", "option.model_id").
        lines: number of the line that sets each.
    """

    values: Mapping[str, str]
    lines: Mapping[str, int]

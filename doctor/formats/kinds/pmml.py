"""What a PMML document says."""

from __future__ import annotations

from typing import NamedTuple


class Pmml(NamedTuple):
    """
    A model in the Predictive Model Markup Language.

    Args:
        version: of the language ("4.4").
        application: that wrote it, "" where it wasn't found.
        models: kinds of models that were found near its beginning ("TreeModel").
        fields: names of the data fields found there.
    """

    version: str
    application: str = ""
    models: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

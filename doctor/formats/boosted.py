"""Which version wrote a booster that lies in a pickle: XGBoost's own bytes tell, and LightGBM's attributes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from doctor.formats.inert import BYTEARRAY, Call, Skipped
from doctor.formats.kinds.base import Symbol

_XGBOOST = Symbol("xgboost.core", "Booster")
# The last key of what XGBoost serialises, as JSON up to 1.5 and as Universal Binary JSON since.
_JSON = re.compile(rb'"version":\[(\d{1,3}),(\d{1,3}),(\d{1,3})\]\}{1,3}$')
_UBJSON = re.compile(rb"version\[#L\0{7}\x03i(.)i(.)i(.)\}{1,3}$", re.DOTALL)


# The first "name" within gradient_booster; XGBoost 3.3 and later write the categories of features before it.
_KIND = re.compile(rb"gradient_booster.{0,400}?(gblinear|gbtree|dart)|(gblinear|gbtree|dart)", re.DOTALL)


class Boosted(NamedTuple):
    """
    A booster in a pickle: the library and version that wrote it, and its kind.

    The kind is "gbtree", "gblinear" or "dart"; of LightGBM, which records no version, the oldest that writes such
    attributes: "2", "3.2", "4"; "3" where that may be any before 4.
    """

    library: str
    version: str
    kind: str


def booster(call: Call) -> Boosted | None:
    """Return what a booster in a pickle says of itself; None for any other object."""
    if not (isinstance(call.function, Symbol) and isinstance(call.state, dict)):
        return None
    if call.function.module.startswith("lightgbm."):
        return _lightgbm(call.state)
    if call.function != _XGBOOST:
        return None
    head, end = _ends(call.state.get("handle"))
    kind = _KIND.search(head)
    return Boosted("xgboost", _version(end), (kind[1] or kind[2]).decode() if kind else "")


def _lightgbm(state: dict[Any, Any]) -> Boosted:
    """Say which versions write such attributes: 4.0 renamed ``handle``, 3.2 began to set ``fitted_``."""
    if "_handle" in state:
        return Boosted("lightgbm", "", "4")
    if "handle" in state:
        return Boosted("lightgbm", "", "3")
    return Boosted("lightgbm", "", "3.2" if "fitted_" in state else "2")


def _ends(value: Any) -> tuple[bytes, bytes]:
    if isinstance(value, Call) and value.function == BYTEARRAY and value.args:
        value = value.args[0]
    if isinstance(value, Skipped):
        return value.head, value.tail
    return (value, value[-64:]) if isinstance(value, bytes) else (b"", b"")


def _version(end: bytes) -> str:
    said = _JSON.search(end)
    if said:
        return ".".join(part.decode() for part in said.groups())
    packed = _UBJSON.search(end)
    return ".".join(str(part[0]) for part in packed.groups()) if packed else ""

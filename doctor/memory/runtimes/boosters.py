"""
XGBoost, LightGBM and CatBoost: the size in memory by the bytes of the file and its format.

A booster's trees take in memory what its format's bytes say, times a factor that hardly depends on their shape;
``doctor/facts/runtime_memory.json`` has the least, middle and most that was measured for each format, over sizes and
depths: *low*, *expected* and *high* are these. While XGBoost reads JSON it holds the whole text as values, which the
allocator keeps: that is in the factor of the peak. On a GPU they keep next to nothing that isn't asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.memory.values import Range, Term, Tier, Workload
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile

_MIB = 1 << 20
_LIBRARIES = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}


def host_terms(file: ModelFile, workload: Workload) -> list[Term]:
    """Return what loading a booster and asking it takes at most."""
    library, row = _row(file)
    facts = load("runtime_memory")["boosters"]
    ratio, fixed = row["peak"], row["fixed_mib"]
    size = Range(*(int(file.size * r + n * _MIB) for r, n in zip(ratio, fixed, strict=True)))
    columns = next((p.shape[1] for p in file.inputs if p.shape and len(p.shape) == 2), None)
    asked = workload.batch * (columns if isinstance(columns, int) else 100) * 8
    return [
        Term(_LIBRARIES[library], Range(*(n << 20 for n in facts["imports_mib"][library])), "imported", Tier.TABLES),
        Term("trees", size, f"{file.size / 1e6:.1f} MB of {file.format}, while they are read", Tier.TABLES),
        Term("rows", Range(asked, 2 * asked, 4 * asked), f"{workload.batch:,} rows, copied"),
    ]


def gpu_terms(file: ModelFile, workload: Workload) -> list[Term]:
    """Return what a booster needs of a GPU where it is told to predict there; servers don't by themselves."""
    _, row = _row(file)
    del workload
    return [Term("trees", Range(0, 0, int(file.size * row["peak"][2])), "only where it is told to predict on the GPU")]


def _row(file: ModelFile) -> tuple[str, Mapping[str, Any]]:
    library = file.format.partition("-")[0]
    rows = load("runtime_memory")["boosters"]["formats"]
    form = f"catboost-{file.facts.form}" if library == "catboost" and hasattr(file.facts, "form") else file.format
    row = rows.get(form)
    if row is None:
        raise Unknown(f"how large a booster of {file.format} is in memory wasn't measured")
    return library, row

"""
scikit-learn: a pickle's arrays, which unpickling makes again beside the file's bytes.

Nearly all of an estimator is arrays, and loading makes them once: *low* is their bytes as the file states them, or the
file's own where it isn't compressed. *expected* and *high* are shares of those bytes that loading took at its peak over
forests, boosting, neighbours, linear models and support vectors (``doctor/facts/runtime_memory.json``): trees cost two
to three times their bytes, large arrays a tenth more than theirs. A compressed file whose arrays aren't stated may
unpack to much more: the range is wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.kinds.base import tensor_bytes
from doctor.formats.kinds.pickled import PickleFacts
from doctor.memory.values import Range, Term, Tier, Workload
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile

_MIB = 1 << 20
_UNPACKED = 20  # times as large as its file: what a compressed file may unpack to where its arrays aren't stated


def host_terms(file: ModelFile, workload: Workload) -> list[Term]:
    """Return what loading an estimator and asking it takes at most."""
    if not isinstance(file.facts, PickleFacts):
        raise Unknown(f"{file.path} is no pickle")
    row = load("runtime_memory")["sklearn"]
    stated = sum(map(tensor_bytes, file.tensors))
    columns = max((e.features or 0 for e in file.facts.estimators), default=0) or 100
    asked = workload.batch * columns * 8
    return [
        Term(
            "scikit-learn", Range(*(n << 20 for n in row["imports_mib"])), "imported, with NumPy and SciPy", Tier.TABLES
        ),
        Term("estimator", _loaded(file, file.facts, stated), _how(file, file.facts, stated), Tier.TABLES),
        Term("rows", Range(asked, 2 * asked, 8 * asked), f"{workload.batch:,} rows, converted and copied"),
    ]


def gpu_terms(file: ModelFile, workload: Workload) -> list[Term]:
    """Return nothing: scikit-learn doesn't use GPUs."""
    del file, workload
    return []


def _loaded(file: ModelFile, facts: PickleFacts, stated: int) -> Range:
    row = load("runtime_memory")["sklearn"]
    ratio, more = row[_kind(facts)], row["compressed"] if facts.compression else (0, 0, 0)
    least = max(stated, file.size)
    sizes = [int(least * r + (n + m) * _MIB) for r, n, m in zip(ratio, row["fixed_mib"], more, strict=True)]
    if facts.compression and not stated:
        sizes[2] = max(sizes[2], file.size * _UNPACKED)
    return Range(*sizes)


def _kind(facts: PickleFacts) -> str:
    """Say what the estimators are made of: "trees" where any of them is, "others", or "none" that is known."""
    names = {e.symbol.name for e in facts.estimators} | ({facts.root.name} if facts.root else set())
    trees = load("runtime_memory")["sklearn"]["tree_classes"]
    if any(t in name for name in names for t in trees if not name.startswith("Hist")):
        return "trees"
    return "others" if facts.estimators else "none"


def _how(file: ModelFile, facts: PickleFacts, stated: int) -> str:
    if facts.compression:
        known = f"{stated / 1e6:.1f} MB of arrays" if stated else "arrays of a size that isn't stated"
        return f"{facts.compression} of {file.size / 1e6:.1f} MB with {known}"
    return f"{file.size / 1e6:.1f} MB, while it is read"

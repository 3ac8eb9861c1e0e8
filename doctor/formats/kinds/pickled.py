"""What a pickle or joblib file says of itself."""

from __future__ import annotations

from typing import NamedTuple

from doctor.formats.kinds.base import Symbol


class Part(NamedTuple):
    """An object inside another: its class, and the names of the attributes that it gets."""

    symbol: Symbol
    attributes: frozenset[str]


class Estimator(NamedTuple):
    """
    A scikit-learn estimator in a pickle.

    Args:
        symbol: its class.
        version: of scikit-learn, as it records it.
        features: how many it was fitted on.
        settings: plain constructor parameters: ``("remainder", "'passthrough'")``.
        role: "answers" where requests reach it, "may-answer" where what holds it may hand them on, "inside" where only
            another estimator uses it.
        attributes: names of what it was given and of what fitting set.
        parts: scikit-learn's objects inside it, one of each kind; for those that requests reach.
    """

    symbol: Symbol
    version: str
    features: int | None = None
    settings: tuple[tuple[str, str], ...] = ()
    role: str = "inside"
    attributes: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = ()


class Called(NamedTuple):
    """
    A callable that loading the pickle would call.

    Args:
        symbol: it.
        arguments: of its first call, as text.
        state: of how many parts the tuple is that its first result is then given; -1 where it isn't given one.
    """

    symbol: Symbol
    arguments: str
    state: int = -1


class PickleFacts(NamedTuple):
    """
    Facts of one pickle.

    Args:
        protocol: the highest that its opcodes name, 0 for protocols 0 and 1 that don't say.
        compression: "", "zlib", "gzip", "bz2", "xz", "lzma" or "lz4".
        joblib: whether joblib wrote it (raw arrays between opcodes, or compressed).
        root: class of the object that loading returns, None for plain data.
        estimators: scikit-learn's, each with the version that it records.
        called: what loading calls.
        code_from: oldest Python whose byte code the functions in it can be, "" without such functions.
        code_to: newest such Python, "" where newer ones may write the same.
        codes: numbers of the instructions in those functions, but for those that only handle exceptions; empty where
            they aren't known, or are of 3.11 and later.
        codes_handling: numbers of those that only handle exceptions.
        truncated_at: byte at which it ends before its STOP; -1 for a whole one.
        unresolved: names that couldn't be resolved.
        booster: kind of the booster in it: "gbtree", "gblinear", "dart"; for LightGBM's the oldest version that writes
            such attributes, "2", "3", "3.2" or "4"; "" for none, or where nothing says.
    """

    protocol: int
    compression: str = ""
    joblib: bool = False
    root: Symbol | None = None
    estimators: tuple[Estimator, ...] = ()
    called: tuple[Called, ...] = ()
    code_from: str = ""
    code_to: str = ""
    codes: frozenset[int] = frozenset()
    codes_handling: frozenset[int] = frozenset()
    truncated_at: int = -1
    unresolved: int = 0
    padding: int = -1
    booster: str = ""

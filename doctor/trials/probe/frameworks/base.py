"""What an adapter of a framework does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple


class Parameter(NamedTuple):
    """One stored array or value: equal ones are equal bit for bit, whatever NaN and negative zero compare as."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    digest: str
    bytes: int = 0


class Adapter:
    """
    One model of a framework.

    Attributes:
        name: of the framework, as its distribution is called.
        way: how it is saved and loaded again: "model.save('model.keras')".
    """

    name = ""
    way = ""

    def version(self) -> str:
        """Return the framework's version."""
        import sys

        return str(getattr(sys.modules.get(self.name), "__version__", ""))

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield what the model has learned."""
        raise NotImplementedError

    def size(self, model: Any) -> tuple[int, int]:
        """Return how many arrays and values that are, and the bytes of the arrays."""
        found = [parameter.bytes for parameter in self.parameters(model)]
        return len(found), sum(found)

    def save(self, model: Any, folder: str) -> None:
        """Save a model into an empty folder."""
        raise NotImplementedError

    def reload(self, model: Any, folder: str) -> Any:
        """Return what was saved, loaded again; the model that was saved stays as it is."""
        raise NotImplementedError


def digest(data: Any) -> str:
    """Return the hash of bytes, or of anything that is a buffer of them."""
    return hashlib.sha256(data).hexdigest()


def of_array(name: str, array: Any) -> Parameter:
    """Return a NumPy array, or one alike, as a parameter; one of objects is hashed by their text."""
    dtype = str(array.dtype)
    shape = tuple(int(n) for n in array.shape)
    if getattr(array.dtype, "hasobject", False):
        return Parameter(name, dtype, shape, digest(repr(array.tolist()).encode("utf-8", "backslashreplace")))
    if array.dtype.names:  # between the fields lies whatever was in memory
        fields = [of_array(field, array[field]) for field in array.dtype.names]
        said = "; ".join(f"{f.name} {f.dtype} {f.shape} {f.digest}" for f in fields)
        return Parameter(name, "record", shape, digest(said.encode()), sum(f.bytes for f in fields))
    data = array.tobytes()
    return Parameter(name, dtype, shape, digest(data), len(data))


def of_value(name: str, value: Any) -> Parameter:
    """Return a plain value as a parameter: a number, a text, a name."""
    return Parameter(name, type(value).__name__, (), digest(repr(value).encode("utf-8", "backslashreplace")))

"""Objects without a framework of their own: what pickle makes of them."""

from __future__ import annotations

import os
import pickle  # noqa: S403 - in the sandbox
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import objects
from doctor.trials.probe.frameworks.base import Adapter, Parameter


class Pickled(Adapter):
    """Any object."""

    name = "pickle"
    way = "pickle.dump"

    def version(self) -> str:
        """Return the highest protocol."""
        return str(pickle.HIGHEST_PROTOCOL)

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield what pickle finds in it."""
        return objects.values(model)

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        with open(os.path.join(folder, "model.pkl"), "wb") as file:
            pickle.dump(model, file)

    def reload(self, model: Any, folder: str) -> Any:  # noqa: ARG002
        """Read it."""
        with open(os.path.join(folder, "model.pkl"), "rb") as file:
            return pickle.load(file)

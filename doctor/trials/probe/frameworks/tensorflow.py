"""SavedModels as TensorFlow loads them, and its own modules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks.base import Adapter, Parameter, of_array


def of(model: Any) -> Adapter | None:
    """Return the adapter of what tf.saved_model.load returns, or of a tf.Module."""
    import tensorflow as tf  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return Trackable() if isinstance(model, tf.Module) or hasattr(model, "signatures") else None


class Trackable(Adapter):
    """A SavedModel."""

    name = "tensorflow"
    way = "tf.saved_model.save"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield its variables, those of its signatures too."""
        seen: set[int] = set()
        held = [model, *dict(getattr(model, "signatures", None) or {}).values()]
        found = []
        for part in held:
            for variable in list(getattr(part, "variables", None) or ()):
                if id(variable) not in seen and hasattr(variable, "numpy"):
                    seen.add(id(variable))
                    found.append(variable)
        named = sorted(((str(v.name), v) for v in found), key=lambda pair: pair[0])
        for index, (name, variable) in enumerate(named):
            yield of_array(f"{index} {name}", variable.numpy())

    def save(self, model: Any, folder: str) -> None:
        """Write it, with the signatures that it has."""
        import tensorflow as tf  # type: ignore[import-not-found,import-untyped,unused-ignore]

        signatures = dict(getattr(model, "signatures", None) or {})
        tf.saved_model.save(model, os.path.join(folder, "1"), signatures=signatures or None)

    def reload(self, model: Any, folder: str) -> Any:  # noqa: ARG002
        """Read it."""
        import tensorflow as tf  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return tf.saved_model.load(os.path.join(folder, "1"))

"""Check: the pickle's protocol is newer than the serving Python reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The pickle's protocol is newer than the serving Python reads",
    fault="pickle-protocol",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/mlflow/mlflow/issues/5419",
    symptoms=(r"ValueError: unsupported pickle protocol: \d",),
)
def pickle_protocol_too_new(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Each pickle says on its first two bytes which protocol it is written in; a Python reads up to its own newest.

    Python 3.8 brought protocol 5, and 3.4 protocol 4. cloudpickle, and pickle.HIGHEST_PROTOCOL, write the newest that
    the training Python has. Write an older one, ``joblib.dump(model, path, protocol=4)``, or serve with a newer Python.
    """
    from doctor.pickles import loaded

    for found in loaded(models, handler):
        highest = _highest(serving.python_version())
        protocol = found.facts.protocol
        if protocol > highest:
            yield found.told(
                Finding(
                    message=f"{found.file.path} is written in pickle protocol {protocol}, and Python {serving.python} "
                    f"of {serving.source} reads up to {highest}",
                    evidence=(
                        *found.evidence(f"pickle protocol {protocol}"),
                        Evidence("serving:python", f"{serving.python} ({serving.source})"),
                    ),
                    fix=f"in training: {_dump(found.file.path, highest)}; or serve with Python 3.8 or newer",
                    likelihood=found.likelihood,
                    log=f"ValueError: unsupported pickle protocol: {protocol}",
                    cause="serving:python",
                )
            )


def _highest(python: tuple[int, int]) -> int:
    """Return the newest protocol of a Python, from the documentation of its pickle module."""
    if python >= (3, 8):
        return 5
    if python >= (3, 4):
        return 4
    return 3 if python >= (3, 0) else 2


def _dump(path: str, protocol: int) -> str:
    if path.endswith(".joblib"):
        return f"joblib.dump(model, path, protocol={protocol})"
    return f"pickle.dump(model, file, protocol={protocol})"

"""Which XGBoost will read a booster, and by what call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor import facts
from doctor.loading import uses, xgboost_loads
from doctor.model import Evidence

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.loading import Use

FORMATS = {"xgboost-binary": "the binary format", "xgboost-json": "JSON", "xgboost-ubj": "UBJSON"}


def distribution(serving: Environment) -> str:
    """Return the name under which XGBoost is installed: "xgboost" or "xgboost-cpu"."""
    names: list[str] = facts.load("xgboost")["distributions"]
    return next((n for n in names if n in serving.packages), names[0])


def version(serving: Environment) -> Version | None:
    """Return the XGBoost that serves, None where there is none; Unknown where nothing says."""
    return serving.version(distribution(serving))


def reads(path: str, handler: Handler) -> list[Use]:
    """Return how XGBoost's load_model comes to read a file; without a handler it is the container that does."""
    return uses(path, list(xgboost_loads(handler)), handler)


def opened_by(use: Use) -> tuple[Evidence, ...]:
    """Return the line that loads the file, where the artifact has one."""
    return (use.load.evidence,) if isinstance(use.load, tuple) else ()

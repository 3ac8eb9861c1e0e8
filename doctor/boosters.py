"""Which XGBoost will read a booster, and by what call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor import facts
from doctor.loading import uses, xgboost_loads
from doctor.model import Evidence

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.formats.kinds.xgboost import XGBoostFile
    from doctor.handler import Handler
    from doctor.loading import Use
    from doctor.measured import Result
    from doctor.model import Unknown

FORMATS = {"xgboost-binary": "the binary format", "xgboost-json": "JSON", "xgboost-ubj": "UBJSON"}


def distribution(serving: Environment) -> str:
    """Return the name under which XGBoost is installed: "xgboost" or "xgboost-cpu"."""
    names: list[str] = facts.load("xgboost")["distributions"]
    return next((n for n in names if n in serving.packages), names[0])


def version(serving: Environment) -> Version | None:
    """Return the XGBoost that serves, None where there is none; Unknown where nothing says."""
    return serving.version(distribution(serving))


def fate(file: ModelFile, booster: XGBoostFile, reader: Version) -> Result | Unknown | None:
    """Return what became of such a file under a version, as measured; None where no version writes such by its name."""
    from packaging.version import Version

    from doctor.measured import outcome, versions

    writer, ending = file.writer.get("xgboost"), _ending(file.path)
    if writer is None or _written(ending, Version(writer)) != file.format:
        return None
    if writer.count(".") == 1:  # the binary format records no patch release
        writer = next((v for v in versions("xgboost") if v.startswith(f"{writer}.")), writer)
    kinds = [booster.booster.removeprefix("gb")] if booster.booster in {"dart", "gblinear"} else []
    kinds = kinds or ["softprob" if booster.objective == "multi:softprob" else "logistic"]
    return outcome("xgboost", [f"saved-{k}{ending}" for k in kinds], Version(writer), reader)


def _ending(path: str) -> str:
    """Return a name's ending as XGBoost sees it: .json, .ubj, or none of the two."""
    ending = "." + path.rpartition("/")[2].rpartition(".")[2]
    return ending if ending in {".json", ".ubj"} else ".bin"


def _written(ending: str, writer: Version) -> str:
    """Return the format that a version writes under a name."""
    from packaging.version import Version

    row: list[str]
    for row in facts.load("xgboost")["written"][ending]:
        if writer >= Version(row[0]):
            return row[1]
    return ""


def reads(path: str, handler: Handler) -> list[Use]:
    """Return how XGBoost's load_model comes to read a file; without a handler it is the container that does."""
    return uses(path, list(xgboost_loads(handler)), handler)


def opened_by(use: Use) -> tuple[Evidence, ...]:
    """Return the line that loads the file, where the artifact has one."""
    return (use.load.evidence,) if isinstance(use.load, tuple) else ()

"""Check: a booster that a newer XGBoost wrote in a way the serving one can't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The model was saved by a newer XGBoost, in a form that the serving one can't read",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html",
    symptoms=(r"Invalid cast, from Integer to Boolean", r"Expecting: \"\"\", got: \"76 \"", r"\{L\\0\\0"),
)
def xgboost_file_too_new(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    XGBoost 1.6 changed its JSON (splits are numbers, no longer booleans) and brought UBJSON.

    Versions 1.5 and earlier read neither. All later versions read both, older and newer. Serve with XGBoost 1.6 or
    later, or train with the version that serves.
    """
    from packaging.version import Version

    from doctor.boosters import FORMATS, distribution, opened_by, reads, version
    from doctor.formats.kinds.xgboost import XGBoostFile

    for file, facts in models.of(XGBoostFile):
        rule = _rule(file, linear=facts.booster == "gblinear")
        found = reads(file.path, handler) if rule else []
        there = version(serving) if found else None
        if there is None or there >= Version("1.6"):
            continue
        if there < Version(load("xgboost")["measured"]["first"]):
            yield Unknown(f"whether xgboost {there} reads {file.path} was not measured")
            continue
        writer = file.writer.get("xgboost", "1.6 or later")
        yield Finding(
            message=f"{file.path} was saved by xgboost {writer} as {FORMATS[file.format]}, which xgboost {there} "
            "can't read",
            evidence=(
                Evidence(f"artifact:{file.path}", f"{FORMATS[file.format]} of xgboost {writer}"),
                serving.evidence(distribution(serving)),
                *opened_by(found[0]),
            ),
            fix=f"serve with xgboost=={_raised(writer)}, or train with xgboost=={there}",
            likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
            log=load("xgboost")[rule]["log"],
            cause=f"serving:pkg/{distribution(serving)}",
        )


def _rule(file: ModelFile, *, linear: bool) -> str:
    """Return which part of the facts says who reads a file; "" where all do."""
    if file.format == "xgboost-ubj":
        return "ubj"
    writer = file.writer.get("xgboost")
    if file.format != "xgboost-json" or writer is None or linear:  # a linear booster has no splits
        return ""
    return "json" if _version(writer) >= _version(load("xgboost")["json"]["changed"]) else ""


def _version(text: str) -> Version:
    from packaging.version import Version

    return Version(text)


def _raised(writer: str) -> str:
    return writer if writer[0].isdigit() and "or" not in writer else "1.7.6"

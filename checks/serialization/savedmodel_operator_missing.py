"""Check: a SavedModel uses an operator that the handler's TensorFlow doesn't have."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.savedmodels import has, in_python, lifetime, package_of, tensorflow

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.savedmodel import Operator
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.savedmodels import Load

_REGISTERS = ("tensorflow.load_op_library", "tensorflow.load_library")


@check(
    title="The SavedModel uses an operator that TensorFlow doesn't have",
    fault="op-missing-in-server",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/tensorflow/text/issues/200",
    symptoms=(r"Op type not registered '[^']+' in binary running on",),
)
def savedmodel_operator_missing(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    A SavedModel names its operators; the process that loads it must have registered each of them.

    TensorFlow has its own. Those of tensorflow-text, TensorFlow Decision Forests and others are registered when their
    package is imported, so ``import tensorflow_text`` is needed though nothing uses the name; an operator of one's own
    needs ``tf.load_op_library``. An operator that a newer TensorFlow added needs that version.
    """
    found = tensorflow(serving)
    if found is None or any(handler.calls(*_REGISTERS)):
        return
    version, evidence = found
    for load in {one.file.path: one for one in in_python(models, handler)}.values():
        for operator in load.facts.operators:
            item = _missing(operator, load, version, evidence) if not operator.name.startswith("_") else None
            if isinstance(item, Finding) and lifetime(operator.name) is None:
                item = _unless_imported(item, operator, handler)
            if item is not None:
                yield item
                break


def _missing(operator: Operator, load: Load, version: Version, evidence: Evidence) -> Finding | Unknown | None:
    there = has(version, operator.name)
    if there:
        return None
    wrote = load.facts.tensorflow_version or "not said"
    if there is None:
        return Unknown(f"whether TensorFlow {version} has the operator {operator.name} is not measured")
    path, known = load.file.path, lifetime(operator.name)
    package = package_of(operator.name)
    return Finding(
        message=f"{path} uses the operator {operator.name}, which TensorFlow {version} doesn't have"
        + (f" ({package[0]} does, and the handler doesn't import {package[1]})" if package else ""),
        evidence=(
            Evidence(
                f"artifact:{path}",
                f"{operator.name} in {operator.function or 'the main graph'}, written by TensorFlow {wrote}",
            ),
            evidence,
            *load.evidence,
        ),
        fix=_fix(package, known is not None, wrote),
        likelihood=load.likelihood,
        log=f"Op type not registered '{operator.name}' in binary running on",
        cause=f"artifact:{path}",
    )


def _fix(package: tuple[str, str] | None, newer: bool, wrote: str) -> str:  # noqa: FBT001 - a private two-way choice
    if package:
        return (
            f"in the handler, before the model is loaded: import {package[1]}  # and {package[0]} in requirements.txt"
        )
    if newer:
        return f"serve with the TensorFlow that wrote it: tensorflow=={wrote}"
    return 'pack the operator\'s library and load it first: tf.load_op_library("/opt/ml/model/code/libops.so")'


def _unless_imported(finding: Finding, operator: Operator, handler: Handler) -> Finding | Unknown | None:
    """Return the finding unless the handler imports what registers, or might register, the operator."""
    package = package_of(operator.name)
    roots = {i.module.split(".")[0] for i in handler.imports()}
    if package and package[1] in roots:
        return None
    own = {s.module.split(".")[0] for s in handler.scripts.values()}
    others = roots - own - set(facts("tensorflow_operators")["inert_modules"]) - set(sys.stdlib_module_names)
    if others:
        return Unknown(f"whether importing {min(others)} registers the operator {operator.name} can't be known")
    return finding

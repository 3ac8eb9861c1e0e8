"""Check: the handler calls a method that Keras's models no longer have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Call, Handler
    from doctor.target import Target


@check(
    title="The handler calls a method that Keras's models no longer have",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/tensorflow/tensorflow/releases/tag/v2.6.0",
    symptoms=(
        r"'(Sequential|Functional|Model)' object has no attribute '(predict_classes|predict_proba|\w+_generator)'",
        r"The `save_format` argument is deprecated in Keras 3",
    ),
)
def keras_method_removed(handler: Handler, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    ``predict_classes`` and ``predict_proba`` left Keras with TensorFlow 2.6, ``predict_generator`` with Keras 3.

    Take ``model.predict(x)`` and, for classes, ``.argmax(axis=-1)`` of it. Nor does Keras 3 write a SavedModel by
    ``model.save(folder, save_format="tf")``: ``model.export(folder)`` does.
    """
    from doctor.keras_serving import reader_of
    from doctor.loading import Use, keras_loads

    loads = {x.call.name: x for x in keras_loads(handler)}
    gone = load("keras")["methods_gone"]
    for call in handler.calls():
        made, _, method = call.name.rpartition("().")
        rule = gone.get(method)
        if rule is None or made not in loads or (rule.get("argument") and not _passes(call, rule["argument"])):
            continue
        if not _surely_called(handler, call, method):
            continue
        reader = reader_of(Use(loads[made], sure=True), handler, serving, target)
        if reader is None or not _is_gone(reader.major, str(reader.version or reader.major), rule["since"]):
            continue
        yield Finding(
            message=f"{handler.line(call.path, call.line)!r} calls {method} of a model of {reader.said}, {rule['why']}",
            evidence=(handler.seen(call.path, call.line), reader.evidence),
            fix=f"- {handler.line(call.path, call.line)}\n+ {rule['instead']}",
            likelihood=Likelihood.CERTAIN if call.hooks or call.at_import else Likelihood.LIKELY,
            log=rule["log"],
            cause=f"artifact:{call.path}:{method}",
        )


def _surely_called(handler: Handler, call: Call, method: str) -> bool:
    """Say whether a call is under no condition, and no class of the handler's own brings the method."""
    from doctor.handler.flow import always, caught

    own = any(f"def {method}(" in line for script in handler.scripts.values() for line in script.lines)
    script = handler.scripts[call.path]
    return not own and always(script, call.node) and not caught(script, call.node)


def _passes(call: Call, argument: str) -> bool:
    return any(k.arg == argument for k in call.node.keywords)


def _is_gone(major: int, version: str, since: str) -> bool:
    from packaging.version import Version

    return Version(version) >= Version(since) or major > Version(since).major

"""Check: the handler calls a loaded SavedModel that only has signatures."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.savedmodels import in_python, label_of, tensorflow

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Call, Handler
    from doctor.models import Models
    from doctor.savedmodels import Load
    from doctor.target import Target

_LOADED = frozenset({"tensorflow.saved_model.load()", "tensorflow.keras.models.load_model()"})


@check(
    title="The handler calls a SavedModel that can't be called",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://www.tensorflow.org/guide/saved_model#basic_fine-tuning",
    symptoms=(r"'_UserObject' object is not callable",),
)
def savedmodel_not_callable(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    What ``tf.saved_model.load`` returns can be called only where ``__call__`` was saved with it.

    A Keras 2 model has it. A Keras 3 model that was written by ``tf.saved_model.save`` has signatures alone: call
    ``loaded.signatures["serving_default"]``, or write it with ``model.export(folder)`` and call ``loaded.serve``.
    """
    calls = list(_direct_calls(handler))
    found = {one.folder: one for one in in_python(models, handler) if one.facts.called is False}
    there = tensorflow(serving) if calls and found else None
    if there is None:  # without TensorFlow the import fails before
        return
    if any(one.by_keras for one in found.values()) and not _keras_2(handler, serving, target):
        return  # Keras 3 refuses to load it
    call, first = calls[0], next(iter(found.values()))
    names = ", ".join(first.facts.callable_names()) or "none"
    runs = call.at_import or call.hooks
    yield Finding(
        message=f"{handler.line(call.path, call.line)!r} calls the SavedModel in "
        f"{' and '.join(map(label_of, found))}, which has signatures ({names}) and no __call__",
        evidence=(
            handler.seen(call.path, call.line),
            *(Evidence(f"artifact:{one.file.path}", f"no __call__; {_wrote(one)}") for one in found.values()),
        ),
        fix=f'call its signature: loaded.signatures["{names.split(", ")[0]}"](tf.constant(data))',
        likelihood=first.likelihood if runs else min(first.likelihood, Likelihood.LIKELY),
        log="TypeError: '_UserObject' object is not callable",
        cause=f"artifact:{first.file.path}",
    )


def _keras_2(handler: Handler, serving: Environment, target: Target) -> bool:
    from doctor.keras_serving import reader_of
    from doctor.loading import Use

    reader = reader_of(Use(None, sure=True), handler, serving, target)
    return reader is not None and reader.major == 2


def _wrote(load: Load) -> str:
    names = ", ".join(load.facts.callable_names()) or "none"
    return f"signatures: {names}; written by TensorFlow {load.facts.tensorflow_version or '(not said)'}"


def _direct_calls(handler: Handler) -> Iterator[Call]:
    """Yield the calls of what saved_model.load returned: loaded(x), models["a"](x)."""
    held = set(_holders(handler)) - {"?"}
    for call in handler.calls():
        function = call.node.func
        from_held = isinstance(function, ast.Subscript) and _name(function.value) in held
        if call.name in _LOADED or from_held:
            yield call


def _holders(handler: Handler) -> Iterator[str]:
    """Yield the names of the dictionaries and lists that loaded models are put into."""
    loading = {id(call.node) for call in handler.calls("tensorflow.saved_model.load")}
    for script in handler.scripts.values():
        for node in ast.walk(script.tree) if loading else ():
            if isinstance(node, ast.Assign) and id(node.value) in loading:
                yield from (_name(t.value) for t in node.targets if isinstance(t, ast.Subscript))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else "?"

"""Which call of the handler loads a model file of the artifact, and what it passes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.handler.constants import MODEL_DIR
from doctor.model import Evidence

if TYPE_CHECKING:
    from doctor.handler import Call, Handler

_PICKLES = ("pickle.load", "joblib.load", "sklearn.externals.joblib.load", "cloudpickle.load", "dill.load")
_KERAS = ("keras.", "tensorflow.keras.", "tensorflow.python.keras.", "tf_keras.")


class Load(NamedTuple):
    """
    One call that loads a model.

    ``path`` is the file in the artifact, None where nobody can know; ``library`` is "keras", "tf_keras", "xgboost",
    "lightgbm", "catboost", "pickle", "joblib", "cloudpickle" or "dill".
    """

    library: str
    path: str | None
    call: Call
    evidence: Evidence


class Use(NamedTuple):
    """
    How a file of the artifact is loaded.

    ``load`` is None where it isn't the artifact's own code that does; ``sure`` says whether it is this very file.
    """

    load: Load | None
    sure: bool


def keras_loads(handler: Handler) -> Iterator[Load]:
    """Yield the calls of Keras's load_model."""
    for call in handler.calls():
        if call.name.endswith(".load_model") and call.name.startswith(_KERAS):
            library = "tf_keras" if call.name.startswith("tf_keras.") else "keras"
            yield _load(handler, library, call, call.argument(0, "filepath"))


def saved_model_loads(handler: Handler) -> Iterator[Load]:
    """Yield the calls of TensorFlow's own saved_model.load."""
    for call in handler.calls("tensorflow.saved_model.load", "tensorflow.compat.v2.saved_model.load"):
        yield _load(handler, "saved_model", call, call.argument(0, "export_dir"))


def keras_weight_loads(handler: Handler) -> Iterator[Load]:
    """Yield the calls of load_weights, whatever model they are of."""
    for call in handler.calls("*.load_weights"):
        yield _load(handler, "keras", call, call.argument(0, "filepath"))


def xgboost_loads(handler: Handler) -> Iterator[Load]:
    """Yield the calls of XGBoost's load_model, and boosters made from a file."""
    for call in handler.calls():
        if call.name.startswith("xgboost.") and call.name.endswith("().load_model"):
            yield _load(handler, "xgboost", call, call.argument(0, "fname"))
        elif call.name in {"xgboost.Booster", "xgboost.core.Booster"}:
            given = call.argument(2, "model_file")
            if given is not None:
                yield _load(handler, "xgboost", call, given)


def lightgbm_loads(handler: Handler) -> Iterator[Load]:
    """Yield the boosters that LightGBM makes from a file."""
    for call in handler.calls("lightgbm.Booster", "lightgbm.basic.Booster"):
        given = call.argument(1, "model_file")
        if given is not None:
            yield _load(handler, "lightgbm", call, given)


def catboost_loads(handler: Handler) -> Iterator[Load]:
    """Yield the calls of CatBoost's load_model."""
    for call in handler.calls():
        if call.name.startswith("catboost.") and call.name.endswith("().load_model"):
            yield _load(handler, "catboost", call, call.argument(0, "fname"))


def pickle_loads(handler: Handler) -> Iterator[Load]:
    """Yield the calls that unpickle a file, with the file that an open() hands them."""
    for call in handler.calls(*_PICKLES):
        given = call.argument(0, "filename" if "joblib" in call.name else "file")
        if given is not None and handler.names.of(given, call.scope) in {"open()", "io.open()"}:
            given = _opened(handler, call, given)
        library = "joblib" if "joblib" in call.name else call.name.partition(".")[0]
        yield _load(handler, library, call, given)


def uses(path: str, loads: list[Load], handler: Handler) -> list[Use]:
    """
    Return how a file is loaded, by the given calls.

    Empty where the handler's code is there and loads others alone; one unsure Use without a call where there is no
    code to tell.
    """
    exact = [Use(load, sure=True) for load in loads if load.path == path]
    if exact:
        return exact
    open_ended = [Use(load, sure=False) for load in loads if load.path is None]
    if open_ended:
        return open_ended
    return [] if handler else [Use(None, sure=False)]


def keyword(load: Load, name: str, position: int = -1) -> object:
    """
    Return the constant that a call passes for an argument.

    None where it isn't passed, `...` where something is passed whose value can't be seen.
    """
    given = load.call.argument(position, name)
    if given is None:
        return ... if load.call.hides_arguments else None
    return given.value if isinstance(given, ast.Constant) else ...


def _load(handler: Handler, library: str, call: Call, given: ast.expr | None) -> Load:
    text = handler.text(given, call.scope)
    path = None
    if text is not None and text.startswith(f"{MODEL_DIR}/"):
        path = text[len(MODEL_DIR) + 1 :].rstrip("/")
    elif text is not None:
        path = text  # another place: no file of the artifact has this path, unless it is meant relative
    return Load(library, path, call, handler.seen(call.path, call.line))


def _opened(handler: Handler, call: Call, given: ast.expr) -> ast.expr | None:
    """Return what the open() opens whose file is given."""
    if isinstance(given, ast.Call):
        return given.args[0] if given.args else None
    before = [c for c in handler.calls("open", "io.open") if c.function == call.function and c.path == call.path]
    nearest = [c for c in before if c.line <= call.line]
    return nearest[-1].argument(0, "file") if nearest else None

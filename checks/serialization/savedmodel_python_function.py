"""Check: a SavedModel calls Python that stayed where it was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.savedmodels import loads

if TYPE_CHECKING:
    from doctor.formats.kinds.savedmodel import Operator
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The SavedModel calls a Python function that isn't saved with it",
    fault="op-missing-in-server",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://www.tensorflow.org/api_docs/python/tf/py_function",
    symptoms=(
        r"Could not find callback with key=pyfunc_\d+ in the registry",
        r"No OpKernel was registered to support Op '(Eager)?PyFunc(Stateless)?'",
    ),
)
def savedmodel_python_function(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    ``tf.py_function`` and ``tf.numpy_function`` put a call into the graph, not the function's code.

    The function lives in the process that made the model. The SavedModel loads anywhere, lists its signatures, passes
    the health check, and fails at the first request. Write the step with TensorFlow's operators, or do it in the
    handler before the model is called.
    """
    for load in loads(models, handler):
        call = _python(load.facts.operators)
        if call is not None:
            path = load.file.path
            yield Finding(
                message=f"{path} calls Python through {call.name} in {call.function or 'its graph'}; the function "
                "isn't in the SavedModel, and the first request fails",
                evidence=(
                    Evidence(f"artifact:{path}", f"operator {call.name} in {call.function or 'the main graph'}"),
                    *load.evidence,
                ),
                fix="replace tf.py_function / tf.numpy_function by TensorFlow's operators, or call the function in "
                "the handler (input_handler, input_fn) before the model",
                likelihood=min(load.likelihood, Likelihood.LIKELY),
                log="ValueError: Could not find callback with key=pyfunc_0 in the registry."
                if load.call is not None
                else f"No OpKernel was registered to support Op '{call.name}' used by {{{{node ...}}}}",
                cause=f"artifact:{path}",
            )


def _python(operators: tuple[Operator, ...]) -> Operator | None:
    names = facts("tensorflow_operators")["python_operators"]
    return next((o for o in operators if o.reached and o.name in names), None)

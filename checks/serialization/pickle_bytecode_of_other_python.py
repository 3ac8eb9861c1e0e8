"""Check: functions in the pickle are byte code of another Python than the serving one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.pickled import PickleFacts
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="Functions in the pickle are byte code of another Python",
    fault="pickle-protocol",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/mlflow/mlflow/issues/7635",
    symptoms=(
        r"TypeError: code\(\) argument \d+ must be",
        r"TypeError: code\(\) takes at most \d+ arguments",
        r"TypeError: code expected at most \d+ arguments",
        r"TypeError: code expected at least \d+ arguments",
        r"TypeError: an integer is required \(got type bytes\)",
        r"SystemError: .*unknown opcode \d+",
        r"Segmentation fault",
    ),
)
def pickle_bytecode_of_other_python(
    models: Models, handler: Handler, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    Cloudpickle stores lambdas, and what is defined in a notebook, as byte code, of which each Python has its own.

    Another minor version refuses the code object, or runs it wrongly and may crash the server. Put the functions into a
    module in code/ and import them from there, so that the pickle only names them; or serve with the same Python.
    """
    from doctor.pickles import loaded

    for found in loaded(models, handler):
        if found.facts.code_from:
            python = serving.python_version()
            runs = _runs(found.facts, python)
            if runs is None:
                yield Unknown(
                    f"{found.file.path} holds byte code of Python {_span(found.facts)}; {serving.python} runs it until "
                    "an exception is raised in it"
                )
            elif not runs:
                span = _span(found.facts)
                yield found.told(
                    Finding(
                        message=f"{found.file.path} holds functions as byte code of Python {span}, and Python "
                        f"{serving.python} of {serving.source} can't run it",
                        evidence=(
                            *found.evidence(f"code objects of Python {span}"),
                            Evidence("serving:python", f"{serving.python} ({serving.source})"),
                        ),
                        fix="move the functions into a module in code/ and import them from there in training, or "
                        f"serve with Python {span}",
                        likelihood=found.likelihood,
                        log=_log(found.facts, python),
                        cause="serving:python",
                    )
                )


def _runs(facts: PickleFacts, python: tuple[int, int]) -> bool | None:
    from doctor.formats import bytecode

    oldest, newest = _version(facts.code_from), _version(facts.code_to)
    if oldest <= python and (not newest or python <= newest):
        return True
    code, span = bytecode.Used(facts.codes, facts.codes_handling), bytecode.Span(facts.code_from, facts.code_to)
    return bytecode.runs(code, span, ".".join(map(str, python)))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(p) for p in text.split(".")) if text else ()


def _span(facts: PickleFacts) -> str:
    if facts.code_from == facts.code_to:
        return facts.code_from
    return f"{facts.code_from} to {facts.code_to}" if facts.code_to else f"{facts.code_from} or newer"


def _log(facts: PickleFacts, python: tuple[int, int]) -> str:
    """Return the line that a Python logs, by how many arguments its code objects take."""
    written, taken = _arguments(_version(facts.code_to or facts.code_from)), _arguments(python)
    if written == taken:
        return "Segmentation fault"
    if python >= (3, 11):
        too_few = "TypeError: code expected at least 16 arguments, got 15"
        return too_few if written == 15 else "TypeError: code() argument 13 must be str, not int"
    if written > taken and python < (3, 10):
        return f"TypeError: code() takes at most {taken} arguments ({written} given)"
    if written > taken:
        return f"TypeError: code expected at most {taken} arguments, got {written}"
    if python >= (3, 10):
        return "TypeError: 'bytes' object cannot be interpreted as an integer"
    return "TypeError: an integer is required (got type bytes)"


def _arguments(python: tuple[int, ...]) -> int:
    return 18 if python >= (3, 11) else 16 if python >= (3, 8) else 15

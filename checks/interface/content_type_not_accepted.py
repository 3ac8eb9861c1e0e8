"""Check: the stack's own decoder refuses the sample's content type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.target import Target


@check(
    title="The serving stack's decoder refuses the sample's content type",
    fault="content-type",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/aws/sagemaker-xgboost-container/issues/390",
    symptoms=(
        r"is not an accepted ContentType",
        r"is not an accepted csv ContentType",
        r"Content type \S+ is not supported by this framework",
        r"Unsupported Media Type",
    ),
)
def content_type_not_accepted(content_type: str, stack: str, handler: Handler, target: Target) -> Iterator[Finding]:
    """
    Where the script has no function that reads requests, the stack's own does, and it knows a fixed list of types.

    All others are answered with 415, XGBoost's algorithm server takes CSV and libsvm but no JSON, TensorFlow Serving's
    container compares the whole header. Send one of the types that it names, or write the function: input_fn, or
    input_handler for TensorFlow Serving.
    """
    row = load("request_types")["stacks"].get(stack)
    scripted = bool(handler) or "SAGEMAKER_PROGRAM" in target.variables
    if row is None or (row.get("algorithm") and scripted) or any(h in handler.hooks for h in row["hooks"]):
        return
    if handler and any(handler.defines(h) is not False for h in row["hooks"]):
        return
    asked = content_type if row.get("parameters") is False else content_type.partition(";")[0].strip().lower()
    wrong = _label_size(content_type) if row.get("algorithm") else ""
    if asked in row["types"] and not wrong:
        return
    who = "the XGBoost algorithm's server" if row.get("algorithm") else f"the {stack} stack's own {row['hooks'][0]}"
    takes = "csv with no label_size but 1" if wrong else ", ".join(row["types"])
    yield Finding(
        message=f"the sample is sent as {content_type}, and {who} takes only {takes}",
        evidence=(Evidence("sample:content-type", content_type), _without(handler, stack, row["hooks"])),
        fix=f"send {'text/csv' if wrong else row['types'][0]} as its ContentType"
        + ("" if row.get("algorithm") else f", or write {row['hooks'][0]}"),
        log=wrong or str(row["log"]).format(content_type),
        cause="sample:content-type",
    )


def _label_size(content_type: str) -> str:
    """Return what the algorithm's server says of ``text/csv;label_size=0``, "" where it takes the parameters."""
    kind, *parameters = (p.strip() for p in content_type.lower().split(";"))
    sizes = [p.partition("=")[2] for p in parameters if p.startswith("label_size=")]
    if kind not in {"csv", "text/csv"} or not sizes or sizes[-1].strip('"') == "1":
        return ""
    return f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"


def _without(handler: Handler, stack: str, hooks: list[str]) -> Evidence:
    if handler.entry is None:
        return Evidence("artifact:code/", f"no script, so the {stack} stack's own functions read requests")
    return Evidence(f"artifact:{handler.entry.path}", f"defines neither {' nor '.join(hooks)}")

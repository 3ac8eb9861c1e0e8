"""Check: the sample names other inputs or another signature than the SavedModel has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.requests import parsed
from doctor.savedmodels import loads

if TYPE_CHECKING:
    from doctor.formats.kinds.savedmodel import SavedModel, Signature
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The sample names other inputs, or another signature, than the SavedModel has",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://www.tensorflow.org/tfx/serving/api_rest#predict_api",
    symptoms=(
        r"Serving signature name: .* not found in signature def",
        r"keys must be equal to: ",
        r"is a plain (list|value/list), but expecting",
        r"input tensor alias not found in signature",
        r"input size does not match signature",
        r"Missing named input: \S+ in 'inputs' object",
    ),
)
def savedmodel_sample_does_not_fit(models: Models, handler: Handler, stack: str, sample: bytes) -> Iterator[Finding]:
    """
    TensorFlow Serving hands a request's tensors to the inputs of a signature by their names, and wants all of them.

    With several inputs each of the "instances" is an object with every name; with one, a bare value will do. The names
    are those of the signature, not of Python's arguments or layers: ``saved_model_cli show --dir 1 --all`` lists them.
    """
    request = parsed(sample) if stack == "tensorflow-serving" and not handler else None
    if not isinstance(request, dict):
        return
    found = [load for load in loads(models, handler) if load.facts.callable_names()]
    if len(found) != 1:
        return
    wrong = _wrong(request, found[0].facts)
    if wrong:
        message, log, fix = wrong
        yield Finding(
            message=message,
            evidence=(
                Evidence("sample", f"keys {', '.join(map(repr, list(request)[:8]))}"),
                Evidence(f"artifact:{found[0].file.path}", _described(found[0].facts)),
            ),
            fix=fix,
            log=log,
            cause="sample:names",
        )


def _described(facts: SavedModel) -> str:
    texts = (f"{s.name}({', '.join(p.name for p in s.inputs)})" for s in facts.signatures if s.name[:2] != "__")
    return f"signatures {'; '.join(texts)}"


def _wrong(request: dict[str, Any], facts: SavedModel) -> tuple[str, str, str] | None:
    """Return what is wrong with a request, what the server answers, and what to send instead."""
    asked = request.get("signature_name", "serving_default")
    signature = next((s for s in facts.signatures if s.name == asked), None)
    if signature is None:
        names = ", ".join(facts.callable_names())
        log = f'Serving signature name: "{asked}" not found in signature def'
        fix = f'"signature_name": "{facts.callable_names()[0]}"'
        return f"the request asks for the signature {asked!r}, and the SavedModel has {names}", log, fix
    wanted = {p.name for p in signature.inputs}
    if "instances" in request:
        return _rows(request["instances"], signature, wanted)
    return _columns(request["inputs"], signature, wanted) if "inputs" in request else None


def _rows(rows: object, signature: Signature, wanted: set[str]) -> tuple[str, str, str] | None:
    first = rows[0] if isinstance(rows, list) and rows else None
    fix = f'"instances": [{_object(signature)}]'
    if isinstance(first, dict) and set(first) == {"b64"}:
        return None
    if isinstance(first, dict):
        if set(first) == wanted:
            return None
        names, keys = ", ".join(sorted(wanted)), ", ".join(sorted(map(str, first)))
        log = f"Failed to process element: 0 of 'instances' list. JSON object: {{...}} keys must be equal to: {names}"
        return f"the instances have the keys {keys}, and {signature.name} takes {names}", log, fix
    if first is None or len(wanted) < 2:
        return None
    log = (
        "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
        "tensorinfo_map"
    )
    return f"the instances are bare values, and {signature.name} takes {', '.join(sorted(wanted))} by name", log, fix


def _columns(value: object, signature: Signature, wanted: set[str]) -> tuple[str, str, str] | None:
    fix = f'"inputs": {_object(signature)}'
    if isinstance(value, dict) and set(value) != {"b64"}:
        missing = sorted(wanted - set(value))
        if not missing or (len(wanted) == 1 and not set(value) & wanted and not value):
            return None
        log = f"Missing named input: {missing[0]} in 'inputs' object."
        return f"the inputs have no {missing[0]}, which {signature.name} takes", log, fix
    if len(wanted) < 2:
        return None
    log = (
        "inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map"
    )
    return f"the inputs are a bare value, and {signature.name} takes {', '.join(sorted(wanted))} by name", log, fix


def _object(signature: Signature) -> str:
    return "{" + ", ".join(f'"{p.name}": ...' for p in signature.inputs) + "}"

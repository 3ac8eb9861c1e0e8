"""Check: an ONNX model takes token numbers as int32, and the tokenizer gives int64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.onnxruntime import sessions

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models

_IDS = ("input_ids", "attention_mask", "token_type_ids")
_CASTS = ("int32", "intc", "astype", "dtype")


@check(
    title="The ONNX model takes token numbers as int32, and the tokenizer gives int64",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/ELS-RD/transformer-deploy/issues/110",
    symptoms=(r"Unexpected input data type\. Actual: \(tensor\(int64\)\) ?, expected: \(tensor\(int32\)\)",),
)
def onnx_token_ids_are_int32(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    Tokenizers return int64, and onnxruntime casts nothing: a model exported or optimized to int32 refuses them.

    Cast them before the call, ``{k: v.astype("int32") for k, v in tokens.items()}``, or export with int64.
    """
    tokenized = next(iter(handler.calls("*.from_pretrained")), None)
    if tokenized is None or "Tokenizer" not in tokenized.name or _casts(handler):
        return
    for session in sessions(models, handler):
        ports = [p for p in session.file.inputs if p.name in _IDS and p.dtype == "int32"]
        if ports and session.likelihood is Likelihood.CERTAIN:
            names = ", ".join(p.name for p in ports)
            yield Finding(
                message=f"{session.file.path} takes {names} as int32, and {tokenized.name.split('.')[-2]} gives int64",
                evidence=(
                    Evidence(f"artifact:{session.file.path}", f"input {ports[0].name}: int32"),
                    handler.seen(tokenized.path, tokenized.line),
                    *session.evidence,
                ),
                fix='session.run(None, {k: v.astype("int32") for k, v in tokens.items()})',
                likelihood=Likelihood.LIKELY,
                log="[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Unexpected input data type. Actual: (tensor(int64)) , "
                "expected: (tensor(int32))",
                cause=f"artifact:{session.file.path}",
            )


def _casts(handler: Handler) -> bool:
    """Say whether any script of the handler casts something, or has tensors made with a type."""
    return any(word in line for s in handler.scripts.values() for line in s.lines for word in _CASTS)

"""Check: an ONNX model uses an operator that onnxruntime doesn't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.onnxruntime import loading, runtime, sessions, unknown, unregistered

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.onnx import Onnx
    from doctor.handler import Handler
    from doctor.models import Models

_REGISTERS = ("*.register_custom_ops_library", "*.register_custom_ops")


@check(
    title="The ONNX model uses an operator that onnxruntime doesn't have",
    fault="op-missing-in-server",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://onnxruntime.ai/docs/reference/operators/add-custom-op.html",
    symptoms=(r"is not a registered function/op", r"No Op registered for \S+ with domain_version of"),
)
def onnx_custom_operator(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    An operator is known by its domain and name; onnxruntime has those of ONNX and its own (com.microsoft).

    Any other comes from a library that is registered on the session's options before the model is loaded:
    ``options.register_custom_ops_library(path)``. That of the package onnxruntime-extensions (domain ai.onnx.contrib)
    is found with ``onnxruntime_extensions.get_library_path()``.
    """
    found = runtime(serving)
    if found is None or any(handler.calls(*_REGISTERS)):
        return
    for session in sessions(models, handler):
        missing = _foreign(session.facts, found.distribution)
        if missing is None:
            continue
        domain, name = missing
        path = session.file.path
        yield Finding(
            message=f"{path} uses the operator {name} of {domain}, which {found.distribution} {found.version} doesn't "
            "have and nothing registers",
            evidence=(
                Evidence(f"artifact:{path}", f"a node {domain}:{name}"),
                found.evidence,
                *session.evidence,
            ),
            fix=_fix(domain),
            likelihood=session.likelihood,
            log=loading(path) + unregistered(found.version, domain, name)
            if domain in session.facts.opsets and domain != "ai.onnx"
            else loading(path, "10 : INVALID_GRAPH") + unknown(found.version, session.facts, domain, name),
            cause=f"artifact:{path}",
        )


def _foreign(facts: Onnx, distribution: str) -> tuple[str, str] | None:
    """Return the first operator that no released onnxruntime has, or None."""
    data = load("onnxruntime")
    for domain, names in facts.operators.items():
        known = domain in data["domains"] or (distribution.endswith("-training") and domain in data["training_domains"])
        if not known:
            return domain, names[0]
    named = frozenset(data["operators"]["ai.onnx"].split())
    if facts.opsets.get("ai.onnx", 0) > data["newest_opset_named"]:
        return None  # an operator of a later set may be there
    return next((("ai.onnx", name) for name in facts.operators.get("ai.onnx", ()) if name not in named), None)


def _fix(domain: str) -> str:
    if domain == "ai.onnx.contrib":
        return (
            "pip install onnxruntime-extensions, and in the handler: "
            "options.register_custom_ops_library(onnxruntime_extensions.get_library_path())"
        )
    return (
        "pack the operator's library and register it before the session is made: "
        'options.register_custom_ops_library("/opt/ml/model/code/libops.so")'
    )

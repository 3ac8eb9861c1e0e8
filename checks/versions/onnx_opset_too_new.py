"""Check: an ONNX model uses a newer operator set than onnxruntime has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.onnxruntime import limit, loading, runtime, sessions

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.onnxruntime import Runtime, Session
    from doctor.target import Target


@check(
    title="The ONNX model's operator set is newer than onnxruntime has",
    fault="onnx-opset",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://onnxruntime.ai/docs/reference/compatibility.html#onnx-opset-support",
    symptoms=(
        r"ONNX Runtime only \*guarantees\* support for models stamped with official released onnx opset versions",
        r"Current official support for domain \S+ is till opset \d+",
    ),
)
def onnx_opset_too_new(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    A model names the version of each operator set that its nodes were written for.

    onnxruntime refuses one that is newer than its own, whether or not the nodes differ. Export with an older one
    (``torch.onnx.export(..., opset_version=20)``), convert the file, or install a newer onnxruntime.
    """
    found = runtime(serving)
    if found is None:
        return
    for session in sessions(models, handler):
        for domain in ("ai.onnx", "ai.onnx.ml"):
            wrote = session.facts.opsets.get(domain)
            accepted = limit(found.version, domain)
            if wrote is None or (accepted.low is not None and wrote <= accepted.low):
                continue
            if accepted.high is None or wrote <= accepted.high:
                yield Unknown(f"whether {found.distribution} {found.version} has {domain} {wrote} is not measured")
            elif target.variables.get("ALLOW_RELEASED_ONNX_OPSET_ONLY") == "0":
                yield Unknown(f"ALLOW_RELEASED_ONNX_OPSET_ONLY=0 lets {domain} {wrote} pass; its nodes may still fail")
            else:
                yield _too_new(session, found, (domain, wrote), accepted.high)


def _too_new(session: Session, found: Runtime, opset: tuple[str, int], newest: int) -> Finding:
    path, (domain, wrote) = session.file.path, opset
    convert = f'onnx.save(onnx.version_converter.convert_version(onnx.load("{path}"), {newest}), "{path}")'
    return Finding(
        message=f"{path} uses {domain} operator set {wrote}, and {found.distribution} {found.version} has "
        f"up to {newest}",
        evidence=(
            Evidence(f"artifact:{path}", f"imports {domain} {wrote}"),
            found.evidence,
            *session.evidence,
        ),
        fix=convert if domain == "ai.onnx" else f"export again with target_opset={{'{domain}': {newest}}}",
        likelihood=session.likelihood,
        log=f"{loading(path)}ONNX Runtime only *guarantees* support for models stamped with official released onnx "
        f"opset versions. Opset {wrote} is under development and support for this is limited. The operator schemas and "
        "or other functionality may change before next ONNX release and in this case ONNX Runtime will not guarantee "
        "backward compatibility. "
        f"Current official support for domain {domain} is till opset {newest}.",
        cause=f"artifact:{path}",
    )

"""Check: the package that reads the model's quantized weights is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The package for the model's quantization is not installed",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/transformers/main/en/quantization/overview",
    symptoms=(
        r"Using `bitsandbytes` .*quantization requires",
        r"Loading an? (GPTQ|AWQ|AutoRound|optimum-quanto) quantized model requires",
        r"is required for compressed-tensors quantization",
    ),
)
def quantization_package_missing(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    config.json's "quantization_config" names a method whose kernels are in a package of their own.

    transformers imports it when it loads the model, and none of them is among its dependencies. Add it to
    code/requirements.txt.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        method = found[1].quantization if found is not None and loaded.model else ""
        rows = load("quantization_packages")["methods"].get(method) if method else None
        version = serving.version("transformers") if rows else None
        if found is None or not rows or version is None:
            continue
        fitting = [r for r in rows if _release(r["since"]) <= version.release < _release(r.get("before", "999"))]
        if not fitting:
            yield Unknown(f"what transformers {version} needs for {method} was not measured")
            continue
        for row in fitting:
            if all(serving.version(name) is None for name in row["any"]):
                yield _finding(found[1], row, loaded, serving)
        return


def _finding(model: Pretrained, row: dict[str, Any], loaded: Loaded, serving: Environment) -> Finding:
    path, first = model.path("config.json"), row["any"][0]
    return Finding(
        message=f"the model is quantized with {model.quantization}, and {' or '.join(row['any'])} is not installed",
        evidence=(
            Evidence(f"artifact:{path}", f'"quant_method": "{model.quantization}"'),
            serving.evidence(first),
            loaded.evidence,
        ),
        fix=f"echo {first} >> code/requirements.txt",
        log=row["error"],
        cause=f"serving:pkg/{first}",
    )


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))

"""Check: the serving transformers, or the instance's GPU, doesn't do the model's quantization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The model's quantization is not supported here",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/transformers/main/en/quantization/finegrained_fp8",
    symptoms=(
        r"Unknown quantization type, got \S+ - supported types are",
        r"A GPU (or XPU )?is needed for (FP8 )?quantization",
        r"FP8 quantized models is only supported on GPUs with compute capability >= 8\.9",
        r"AWQ is only available on GPU",
    ),
)
def quantization_not_supported(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    Each release of transformers brings methods of quantization, and some of them ask for a GPU of some age.

    FP8 needs transformers 4.49 or later; 4.57 refuses it on a CPU and on GPUs before the L4 (compute capability 8.9),
    and 5.0 turns it into bfloat16 there. Raise transformers, take a newer instance, or pack the model unquantized.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        method = found[1].quantization if found is not None and loaded.model else ""
        rows = load("quantization_packages")["unsupported"].get(method) if method else None
        version = serving.version("transformers") if rows else None
        if found is None or not rows or version is None:
            continue
        for row in rows:
            if _release(row["since"]) <= version.release < _release(row["before"]):
                yield from _asked(found[1], row, loaded, serving, target)
                return


def _asked(
    model: Pretrained, row: dict[str, Any], loaded: Loaded, serving: Environment, target: Target
) -> Iterator[Finding]:
    transformers = f"transformers {serving.packages['transformers']}"
    if "gpu" not in row:
        known = load("quantization_packages")["known"][model.quantization]
        why, fix = f"{transformers} doesn't know", f"echo 'transformers>={known}' >> code/requirements.txt"
        yield _finding(model, f"{why} the quantization {model.quantization}", fix, row["error"], (serving, loaded))
        return
    fix = "take an instance with a newer GPU, or pack the model unquantized"
    needs = f"{transformers} loads {model.quantization} only on a GPU"
    capability = _capability(target)
    if _without_gpu(serving, target):
        yield _finding(model, f"{needs}, and there is none", fix, row["error"], (serving, loaded))
    elif row["gpu"] and capability and _release(capability) < _release(row["gpu"]):
        needs += f" of compute capability {row['gpu']}, and that of {target.instance} has {capability}"
        yield _finding(model, needs, fix, row["older"].format(capability), (serving, loaded))


def _without_gpu(serving: Environment, target: Target) -> bool:
    return serving.packages.get("torch", "").endswith("+cpu") or (bool(target.instance) and not target.gpu)


def _capability(target: Target) -> str:
    if not (target.instance and target.gpu):
        return ""
    return str(load("gpus")["capability"].get(str(target.hardware["gpu"]["name"]), ""))


def _finding(model: Pretrained, message: str, fix: str, log: str, by: tuple[Environment, Loaded]) -> Finding:
    serving, loaded = by
    path = model.path("config.json")
    seen = Evidence(f"artifact:{path}", f'"quant_method": "{model.quantization}"')
    return Finding(
        message=message,
        evidence=(seen, serving.evidence("transformers"), loaded.evidence),
        fix=fix,
        log=log,
        cause="serving:pkg/transformers",
    )


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))

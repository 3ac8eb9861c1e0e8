"""Check: the package that reads the model's quantized weights is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
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
        table = facts.load("quantization_packages") if method else {"methods": {}}
        row = table["methods"].get(method)
        if found is None or row is None:
            continue
        version = serving.version("transformers")
        if version is None or version.release < _release(table["since"]):
            yield Unknown(f"what transformers {version} needs for {method} was not measured")
            continue
        for choice in row["needs"]:
            if all(serving.version(name) is None for name in choice):
                path = found[1].path("config.json")
                yield Finding(
                    message=f"the model is quantized with {method}, and {' or '.join(choice)} is not installed",
                    evidence=(
                        Evidence(f"artifact:{path}", f'"quant_method": "{method}"'),
                        serving.evidence(choice[0]),
                        loaded.evidence,
                    ),
                    fix=f"echo {choice[0]} >> code/requirements.txt",
                    log=row["error"],
                    cause=f"serving:pkg/{choice[0]}",
                )
        return


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))

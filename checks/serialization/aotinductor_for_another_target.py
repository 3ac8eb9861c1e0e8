"""Check: a model that AOTInductor compiled is loaded on hardware that it wasn't compiled for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.formats.kinds.exported import Packaged
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.torchloads import loads, seen

if TYPE_CHECKING:
    from doctor.formats.kinds.exported import Compiled
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_LOADERS = ("torch._inductor.aoti_load_package", "torch._inductor.package.load_package")
_NO_GPU = "AssertionError: Torch not compiled with CUDA enabled (older: RuntimeError: 0 active drivers ([]).)"
_PROCESSORS = {"x86_64": "x86_64", "aarch64": "arm64"}


@check(
    title="The compiled model is for other hardware",
    fault="compiled-for-another-target",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/pytorch/issues/145730",
    symptoms=(
        r"Torch not compiled with CUDA enabled",
        r"0 active drivers \(\[\]\)\. There should only be one",
        r"no kernel image is available for execution on the device",
        r"CUDA driver error: device kernel image is invalid",
    ),
    explains=("cuda-without-gpu",),
)
def aotinductor_for_another_target(models: Models, handler: Handler, target: Target) -> Iterator[Finding | Unknown]:
    """
    AOTInductor compiles a model for one kind of device, and notes which in the package.

    One compiled on a GPU needs a GPU of the same generation (machine code for 8.0 runs on 8.6 and 8.9, not on 7.5 or
    9.0), and a library compiled on x86 doesn't run on Graviton. Compile on the type of instance that will serve it.
    """
    for load in loads(handler, models, _LOADERS):
        if not isinstance(load.file.facts, Packaged):
            continue
        for model in load.file.facts.models:
            wrong = _wrong(model, target)
            if isinstance(wrong, Unknown):
                yield wrong
            elif wrong:
                yield Finding(
                    message=f"{load.file.path} was compiled for {wrong[0]}",
                    evidence=(
                        Evidence(f"artifact:{load.file.path}!{model.name}", _said(model)),
                        target.evidence(),
                        seen(handler, load.call),
                    ),
                    fix="torch._inductor.aoti_compile_and_package(exported, package_path=...) on an instance of type "
                    f"{target.instance.removeprefix('ml.')}",
                    log=wrong[1],
                    cause=f"artifact:{load.file.path}",
                )


def _said(model: Compiled) -> str:
    said = {"device": model.device, "capability": model.capability, "machine": model.elf or model.machine}
    return ", ".join(f"{k} {v}" for k, v in said.items() if v)


def _wrong(model: Compiled, target: Target) -> tuple[str, str] | Unknown | None:
    """Return what it was compiled for and what the log will say, or None where the instance has it."""
    machine = _PROCESSORS.get(model.elf or model.machine, "")
    has = str(target.hardware.get("arch", ""))
    if machine and has and machine != has:
        return (
            f"{machine}, and {target.instance} is {has}",
            "RuntimeError: Error in dlopen: cannot open shared object file",
        )
    if model.device != "cuda":
        return None
    if not target.gpu:
        return f"a GPU, and {target.instance} has none", _NO_GPU
    name = str(target.hardware["gpu"]["name"])
    capability = facts("gpus")["capability"].get(name)
    if not model.capability.isdecimal() or capability is None:
        return Unknown(f"nothing tells whether a model compiled for {model.capability or 'some GPU'} runs on a {name}")
    compiled, there = divmod(int(model.capability), 10), tuple(int(n) for n in capability.split("."))
    if compiled[0] == there[0] and compiled[1] <= there[1]:
        return None
    return (
        f"compute capability {compiled[0]}.{compiled[1]}, and the {name} of {target.instance} has {capability}",
        "RuntimeError: CUDA driver error: no kernel image is available for execution on the device",
    )

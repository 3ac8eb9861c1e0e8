"""Check: start-up replaces the image's PyTorch by one for a newer CUDA."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.index import newest
from doctor.environments.startup import place
from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment
    from doctor.target import Target


@check(
    title="The requirements replace the image's PyTorch",
    fault="cuda-driver",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-python-sdk/issues/6281",
    symptoms=(r"The NVIDIA driver on your system is too old",),
    explains=("requirements-unpinned", "requirements-break-installed"),
)
def requirements_replace_framework(
    artifact: Artifact, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    The image's PyTorch was built for the CUDA beside it; the one from the package index brings a CUDA of its own.

    It is replaced by a line that names torch, and as well by one for a package that requires another torch, as every
    torchvision does. A newer CUDA needs a newer driver than the instance may have, and torch.cuda.is_available() is
    then False: the model runs on the processor, or loading it fails. Keep the image's PyTorch, choose an image that has
    the version, or choose an inference AMI with the driver.
    """
    change = next((c for c in serving.changes if c.name == "torch" and c.kind == "replaces"), None)
    had = _cuda_before(change.before if change else "", serving)
    if change is None or not had or not place(artifact, stack) or "+" in change.after or _has_no_gpu(target):
        return
    after = change.after or _newest(change, serving)
    if not after:
        yield Unknown(f"{change.requirement} doesn't say which torch start-up installs, nor for which CUDA")
        return
    cuda = _cuda(after)
    if not cuda or _major(cuda) <= had:
        return
    finding = _finding(change, after, cuda, had, target)
    if finding is not None:
        yield finding


def _finding(change: Change, after: str, cuda: str, had: int, target: Target) -> Finding | None:
    needed: int = load("torch_cuda")["drivers"][str(_major(cuda))]
    driver, where, whose = _driver(target)
    if driver >= needed and where == "target:ami":
        return None
    host = f"; {whose} has {driver}" if 0 < driver < needed else " on the host"
    why = f" ({change.because})" if change.because else ""
    which = f"torch {after}{'' if change.after else ' or a newer one'}"
    seen = (Evidence(where, f"{whose}: driver {driver}"),) if 0 < driver < needed else ()
    return Finding(
        message=f"{change.requirement} replaces the image's torch {change.before} by {which}{why}, for CUDA {cuda}, "
        f"which needs driver {needed} or newer{host}",
        evidence=(
            Evidence(change.where, change.requirement),
            Evidence("serving:pkg/torch", f"{change.before} for CUDA {had} (before it is replaced)"),
            *seen,
        ),
        fix=f"- {change.requirement}",
        likelihood=Likelihood.LIKELY if seen and where == "target:ami" else Likelihood.POSSIBLE,
        log="UserWarning: CUDA initialization: The NVIDIA driver on your system is too old",
        cause="serving:pkg/torch",
    )


def _newest(change: Change, serving: Environment) -> str:
    """The newest torch known that the requirement allows: pip takes it, or a newer one."""
    if "://" in change.requirement:
        return ""
    try:
        return newest("torch", change.specifier, serving.python_version())
    except Unknown:
        return ""


def _driver(target: Target) -> tuple[int, str, str]:
    """The host's driver, where that is said and of what; 0 where nothing says. A family's own may change one day."""
    hosts = load("torch_cuda")["hosts"]
    try:
        return hosts["amis"].get(target.ami, 0), "target:ami", target.ami
    except Unknown:
        family = target.instance.removeprefix("ml.").partition(".")[0]
        return (
            hosts["families"].get(family, 0),
            "target:instance",
            f"an {target.instance} without another inference AMI",
        )


def _cuda_before(version: str, serving: Environment) -> int:
    """The major CUDA of the image's torch, as its version ends or as the libraries beside it say; 0 where none do."""
    tagged = version.partition("+cu")[2]
    if tagged[:2].isdigit():
        return int(tagged[:2])
    beside = (n.rpartition("-cu")[2] for n in serving.packages if n.startswith("nvidia-cuda-runtime-cu"))
    return next((int(n) for n in beside if n.isdigit()), 0) if "+" not in version else 0


def _cuda(version: str) -> str:
    """The CUDA of torch's wheel on the package index, "" for one that is newer than the facts."""
    facts = load("torch_cuda")
    release = _release(version)
    if release > _release(facts["last"]):
        return ""
    return next((cuda for since, cuda in reversed(facts["torch"]) if _release(since) <= release), "")


def _major(cuda: str) -> int:
    return int(cuda.partition(".")[0])


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(p) for p in version.split(".")[:2] if p.isdigit())


def _has_no_gpu(target: Target) -> bool:
    try:
        return not target.gpu
    except Unknown:
        return False

"""Check: two archives of Triton hold models of one name, and the server was told not to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.triton import TritonConfig
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.triton import folders

if TYPE_CHECKING:
    from doctor.fleet import Fleet, Member
    from doctor.target import Target

_VARIABLE = "SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING"


@check(
    title="Ensembles of Triton have steps of one name, and namespaces are switched off",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/blob/main/docker/sagemaker/serve",
    symptoms=(r"failed to poll model '.*': not unique across all model repositories",),
)
def triton_step_names_collide(fleet: Fleet, stack: str, target: Target) -> Iterator[Finding]:
    """
    Each archive is a repository of its own; its ensemble is renamed to the archive's name, its other models are not.

    The container tells models of one name apart by their repositories, unless it is told not to: it hands the value of
    SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING on to Triton's --model-namespacing, so "false" switches that off, and
    two archives with a model of one name can't both be loaded. This is asked where several artifacts are given.
    """
    said = target.variables.get(_VARIABLE, "")
    if stack != "triton" or not target.is_a("multi-model") or said.lower() not in {"false", "0", "off"}:
        return
    seen: dict[str, Member] = {}
    for member in fleet:
        for folder in sorted(_kept(member)):
            other = seen.setdefault(folder, member)
            if other is member:
                continue
            yield Finding(
                message=f"{other.name} and {member.name} both hold a model {folder!r}, and {_VARIABLE}={said} has "
                "Triton treat them as one",
                evidence=(
                    other.seen(f"{folder}/", "a model of Triton"),
                    member.seen(f"{folder}/", "a model of Triton"),
                    Evidence(f"target:env/{_VARIABLE}", said),
                ),
                fix=f"leave {_VARIABLE} out, or name the steps differently in each ensemble",
                likelihood=Likelihood.LIKELY,
                log=f"failed to poll model '{folder}': not unique across all model repositories",
                cause=f"target:env/{_VARIABLE}",
            )
            return


def _kept(member: Member) -> set[str]:
    """Folders whose names stay as they are: all but the ensemble, which is served under the archive's name."""
    ensembles = {
        f.path.partition("/")[0]
        for f, config in member.models.of(TritonConfig)
        if config.platform == "ensemble" and f.path.count("/") == 1
    }
    return set(folders(member.artifact)) - ensembles if ensembles else set()

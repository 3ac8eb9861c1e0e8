"""Check: models ask for versions of a package that can't be there together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.index import disjoint
from doctor.environments.startup import lines
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet, Member
    from doctor.formats.requirements import Line


@check(
    title="Models ask for versions of a package that can't be there together",
    fault="multi-model",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/issues/105",
)
def models_pin_different_versions(fleet: Fleet, stack: str) -> Iterator[Finding]:
    """
    The models of an endpoint share the packages of its image, whatever each one's code/requirements.txt asks for.

    That two ask for different versions fails nothing by itself: many models load in either. It says that they were
    tried with different ones, and that one of them will be served with a version nobody tried it with. This is asked
    where several artifacts are given.
    """
    asked: dict[str, list[tuple[Member, Line]]] = {}
    for member in fleet:
        for line in lines(member.artifact, stack):
            if line.name and line.specifier and not line.constraint:
                asked.setdefault(line.name, []).append((member, line))
    for name, demands in sorted(asked.items()):
        member, line = demands[0]
        against = next(((m, x) for m, x in demands if m is not member and disjoint(line.specifier, x.specifier)), None)
        if against is None:
            continue
        other, second = against
        yield Finding(
            message=f"{member.name} asks for {line.text} and {other.name} for {second.text}: one image has one {name}",
            evidence=(
                member.seen(f"{line.path}:{line.number}", line.text),
                other.seen(f"{second.path}:{second.number}", second.text),
            ),
            fix=f"try both models with one version, and put {name} of that version into the image",
            cause=f"fleet:pkg/{name}",
        )

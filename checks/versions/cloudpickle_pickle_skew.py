"""Check: functions that a newer cloudpickle stored, and the serving one doesn't know how to make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="Functions stored by a newer cloudpickle than the one that serves",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/cloudpipe/cloudpickle#cloudpickle",
    symptoms=(r"Can't get attribute '_\w+' on <module 'cloudpickle\.",),
    explains=("pickle-names-absent-module", "pickle-bytecode-of-other-python"),
)
def cloudpickle_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    What cloudpickle stores by value names functions of cloudpickle itself, which make it again.

    Newer releases have other ones. Serve with the cloudpickle that stored it, or put the functions into a module in
    code/ and import them from there.
    """
    from doctor import skew
    from doctor.facts import load
    from doctor.pickles import loaded

    facts = load("cloudpickle_pickles")
    for found in loaded(models, handler):
        named = [s for s in found.file.symbols if str(s) in facts["names"]]
        there = serving.version("cloudpickle") if named else None
        if there is None:
            continue
        verdicts = {str(s): skew.refuses(facts["names"][str(s)], there, facts["versions"]) for s in named}
        absent = next((name for name, lacks in verdicts.items() if lacks), None)
        if absent:
            yield found.told(
                Finding(
                    message=f"{found.file.path} names {absent}, which cloudpickle {there} of {serving.source} hasn't",
                    evidence=(*found.evidence(f"names {absent}"), serving.evidence("cloudpickle")),
                    fix="echo 'cloudpickle>=3' >> code/requirements.txt, or the release that stored it",
                    likelihood=found.likelihood,
                    log=facts["names"][absent]["log"],
                    cause="serving:pkg/cloudpickle",
                )
            )
        elif None in verdicts.values():
            yield Unknown(f"whether cloudpickle {there} has what {found.file.path} names was not measured")

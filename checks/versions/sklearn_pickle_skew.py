"""Check: a pickle of scikit-learn that the serving version can't load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A scikit-learn pickle that the serving version can't load",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://scikit-learn.org/stable/model_persistence.html",
    symptoms=(
        r"node array from the pickle has an incompatible dtype",
        r"No module named '(sklearn\.[\w.]+|_loss)'",
        r"Can't get attribute '\w+' on <module 'sklearn\.",
        r"Did not recogni[sz]e loaded array",
    ),
    explains=("pickle-names-absent-module", "sklearn-predict-skew"),
)
def sklearn_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    A pickle holds scikit-learn's internals, which change from version to version: only the same version is promised.

    Much loads all the same. This file holds what the serving version is known to refuse, each case from running both.
    Serve with the version that trained, or train again with the one that serves.
    """
    from doctor import skew
    from doctor.pickles import loaded, sklearn_versions

    for found in loaded(models, handler):
        for writer, there in sklearn_versions(found, serving):
            failure = skew.at_load(found.file, writer, there)
            if isinstance(failure, Unknown):
                yield failure
            elif failure:
                first = found.facts.estimators[0]
                yield found.told(
                    Finding(
                        message=f"{found.file.path} was written by scikit-learn {writer} ({failure.saw}), and "
                        f"{there} of {serving.source} can't load it",
                        evidence=(
                            *found.evidence(f"{first.symbol.name}, _sklearn_version {first.version}; {failure.saw}"),
                            serving.evidence("scikit-learn"),
                        ),
                        fix=f"echo scikit-learn=={writer} >> code/requirements.txt, or train again with {there}",
                        likelihood=found.likelihood,
                        log=failure.log,
                        cause="serving:pkg/scikit-learn",
                    )
                )

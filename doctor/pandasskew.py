"""What becomes of pandas' pickled objects under another version (``doctor/facts/pandas_pickles.json``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor import skew
from doctor.facts import load
from doctor.model import Finding, Unknown
from doctor.pickles import Pickle, naming

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


class Broken(NamedTuple):
    """A pickle whose objects the serving pandas can't load or use, what shows that, and what to serve with."""

    pickle: Pickle
    there: Version
    saw: str
    log: str
    nearest: str

    def finding(self, serving: Environment, does: str) -> Finding | Unknown:
        """Return it as a finding; `does` is what pandas can't do with them."""
        path = self.pickle.file.path
        return self.pickle.told(
            Finding(
                message=f"{path} {self.saw}, which pandas {self.there} of {serving.source} can't {does}",
                evidence=(*self.pickle.evidence(self.saw), serving.evidence("pandas")),
                fix=f"echo 'pandas=={self.nearest}' >> code/requirements.txt, or dump the model again under pandas "
                f"{self.there}",
                likelihood=self.pickle.likelihood,
                log=self.log,
                cause="serving:pkg/pandas",
            )
        )


def broken(models: Models, handler: Handler, serving: Environment, at: str) -> Iterator[Broken | Unknown]:
    """
    Yield the pickles that fail with the serving pandas.

    Args:
        models: of the artifact.
        handler: that loads them.
        serving: whose pandas it is.
        at: "load" or "predict".
    """
    facts = load("pandas_pickles")
    for found in naming(models, handler):
        seen = skew.named(found.file.symbols, getattr(found.facts, "called", ()), "pandas")
        rules = (
            [r for r in facts["rules"] if all(seen.fits(*feature) for feature in r["if"])] if seen.attributes else []
        )
        there = serving.version("pandas") if any(r["at"] == at for r in rules) else None
        verdict = skew.judged(rules, at, there, facts["versions"]) if there is not None else None
        if verdict is None or there is None:
            continue
        if verdict.rule is None:
            yield Unknown(f"whether pandas {there} reads {found.file.path} was not measured")
        else:
            nearest = skew.nearest(there, list(verdict.works))
            yield Broken(found, there, _shown(verdict.rule), verdict.rule["log"], nearest)


def _shown(rule: Mapping[str, Any]) -> str:
    """Say what of a pickle a rule goes by."""
    saw = [f"names {one}" if word == "inside" else f"makes a {one} {other}".removesuffix(" with 0 arguments")
           for word, one, other in rule["if"] if word in {"inside", "is"}]  # fmt: skip
    return " and ".join(saw) or "holds objects of pandas"

"""Tests of the check load-warns."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Failure, Step, Warned
from tests.deployments import ask, examine

SKEW = Warned(
    "sklearn.exceptions.InconsistentVersionWarning",
    "Trying to unpickle estimator LinearRegression from version 1.5.2 when using version 1.9.0. This might lead to",
    "/venv/lib/python3.11/site-packages/sklearn/base.py:525",
)


def asked(*warnings, **more):
    return ask("load-warns", load=Step("load", Ended.FINISHED, warnings=warnings, **more))


def test_is_first_on_its_fixture():
    first = examine("sick/load-warns").findings[0]
    assert first.check.id == "load-warns"
    assert "InconsistentVersionWarning" in first.finding.message
    assert "from version 1.5.2" in first.finding.message
    assert first.finding.fix.startswith("echo scikit-learn==1.5.2 >> code/requirements.txt")


def test_warnings_of_one_sort_are_one_finding():
    other = SKEW._replace(message=SKEW.message.replace("LinearRegression", "StandardScaler"))
    (finding,) = asked(SKEW, other, SKEW).findings
    assert finding.message.endswith("(and 1 more)")
    assert len(finding.evidence) == 2


def test_what_a_library_logs_counts():
    logged = [{"logger": "transformers.modeling_utils", "level": "WARNING", "message": "Some weights of X"}]
    assert asked(value={"logged": logged}).findings[0].message.startswith("transformers.modeling_utils")


def test_what_is_meant_for_developers_is_left_out_but_of_the_artifacts_own_code():
    old = Warned("DeprecationWarning", "use Y", "/venv/lib/x.py:1")
    soon = Warned("UserWarning", "X is deprecated", "/venv/lib/x.py:1")
    assert asked(old, soon).status is Status.CLEAR
    assert asked(old._replace(where="code/inference.py:3")).status is Status.FOUND


def test_warnings_before_a_failure_are_left_to_that():
    failure = Failure("load", "ValueError", "no", "ValueError: no")
    assert asked(SKEW, failure=failure).status is Status.CLEAR


def test_weights_of_the_file_that_nothing_takes_are_told():
    keys = [{"by": "load_state_dict", "class": "Net", "missing": [], "unexpected": ["ema.weight"]}]
    assert asked(value={"keys": keys}).findings[0].message.endswith("none of the name: ema.weight")
    assert asked(value={"keys": [{**keys[0], "missing": ["head.weight"]}]}).status is Status.CLEAR

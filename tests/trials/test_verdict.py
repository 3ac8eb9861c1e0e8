"""What a trial saw makes a finding certain, or clears it, or leaves it as it is."""

from __future__ import annotations

from doctor.model import Check, Evidence, Finding, Likelihood, Outcome, Severity, Stage, Status
from doctor.rank import rank
from doctor.trials.values import Ended, Failure, Step
from doctor.trials.verdict import judged


def check(name="static-one", area="layout", stage=Stage.LOAD, fault="artifact-layout", symptoms=()):
    return Check(name, "T", fault, Severity.ERROR, stage, "", symptoms, (), (), "", area, lambda: iter(()))


def found(checked, likelihood=Likelihood.LIKELY, log="", cause=""):
    finding = Finding("it will fail", (Evidence("artifact:x", "y"),), "mend it", likelihood, log, cause)
    return Outcome(checked, Status.FOUND, (finding,))


def failing(name="load", line="FileNotFoundError: [Errno 2] '/opt/ml/model/m.pt'"):
    return Step(name, Ended.FINISHED, failure=Failure("load", line.split(":")[0], "", line, "code/inference.py:3"))


def answered(source="sample", outcome="answered"):
    value = {"request": {"source": source}, "cases": [{"outcome": outcome, "proof": True, "failure": {"line": "E: x"}}]}
    return Step("invoke", Ended.FINISHED, value)


WORKED = Step("load", Ended.FINISHED, {"type": "Pipeline", "how": "model_fn"})


def test_the_failure_that_was_foretold_is_certain_and_quoted():
    outcome = found(check(symptoms=(r"FileNotFoundError.*/opt/ml/model/",)))
    (after,) = judged([outcome], {"load": failing()}).outcomes
    (finding,) = after.findings
    assert finding.likelihood is Likelihood.CERTAIN
    assert finding.log == "FileNotFoundError: [Errno 2] '/opt/ml/model/m.pt'"
    assert finding.evidence[-1] == Evidence("trial:load", f"{finding.log} (code/inference.py:3)")


def test_its_log_line_is_enough():
    outcome = found(check(), log="[Errno 2] '/opt/ml/model/m.pt'")
    assert judged([outcome], {"load": failing()}).outcomes[0].findings[0].likelihood is Likelihood.CERTAIN


def test_another_failure_proves_nothing():
    outcome = found(check(symptoms=("ModuleNotFoundError",)), log="No module named 'x'")
    assert judged([outcome], {"load": failing()}).outcomes == (outcome,)


def test_what_the_trial_saw_follows_what_foretold_it():
    static = found(check(symptoms=("FileNotFoundError",)))
    seen = Finding("it doesn't load", (Evidence("trial:load", "FileNotFoundError"),), "see", cause="trial:load")
    trial = Outcome(check("model-does-not-load", "trials"), Status.FOUND, (seen,))
    ranked = rank(judged([trial, static], {"load": failing()}).outcomes)
    assert [(r.check.id, r.because_of) for r in ranked] == [("static-one", ""), ("model-does-not-load", "static-one")]


def test_a_model_that_loads_clears_what_said_that_it_would_not():
    result = judged([found(check())], {"load": WORKED})
    assert result.outcomes[0].status is Status.CLEAR
    assert result.cleared[0].finding.evidence[-1].saw.endswith("model_fn")


def test_loading_clears_nothing_that_bites_later():
    outcome = found(check(stage=Stage.FIRST_REQUEST))
    assert judged([outcome], {"load": WORKED}).outcomes == (outcome,)


def test_a_real_request_that_is_answered_clears_the_first_request():
    outcome = found(check(stage=Stage.FIRST_REQUEST))
    assert judged([outcome], {"load": WORKED, "invoke": answered()}).cleared
    assert not judged([outcome], {"load": WORKED, "invoke": answered("made")}).cleared
    assert not judged([outcome], {"load": WORKED, "invoke": answered(outcome="failed")}).cleared


def test_a_sandbox_clears_nothing_of_gpus_attacks_and_the_platform():
    for fault in ("hostile-pickle", "checkpoint-device", "gpu-memory"):
        outcome = found(check(area="serialization", fault=fault))
        assert judged([outcome], {"load": WORKED}).outcomes == (outcome,)
    outcome = found(check(area="endpoint"))
    assert judged([outcome], {"load": WORKED}).outcomes == (outcome,)


def test_what_could_not_be_told_stays_unknown():
    outcome = found(check())._replace(reasons=("one file can't be read",))
    (after,) = judged([outcome], {"load": WORKED}).outcomes
    assert after.status is Status.UNKNOWN
    assert after.reasons == ("one file can't be read",)


def test_a_crash_is_matched_by_its_log():
    crash = Step("load", Ended.SIGNALLED, log="Fatal Python error: Segmentation fault\n", signal=11)
    outcome = found(check(symptoms=("Segmentation fault",)))
    assert judged([outcome], {"load": crash}).outcomes[0].findings[0].likelihood is Likelihood.CERTAIN


def test_what_was_not_tried_proves_nothing():
    step = failing(line="endpoint_doctor.NotTried: FileNotFoundError '/opt/ml/model/m.pt' is another's to say")
    step = step._replace(failure=step.failure._replace(type="endpoint_doctor.NotTried"))
    outcome = found(check(symptoms=("FileNotFoundError",)))
    assert judged([outcome], {"load": step}).outcomes == (outcome,)


def test_a_failure_without_words_is_nothing_in_particular():
    outcome = found(check(), log="ModuleNotFoundError: No module named 'x'")
    assert judged([outcome], {"load": failing(line="")}).outcomes == (outcome,)


def test_what_the_log_says_besides_is_no_failure():
    step = failing()._replace(log="UserWarning: Segmentation fault is what others got")
    outcome = found(check(symptoms=("Segmentation fault",)))
    assert judged([outcome], {"load": step}).outcomes == (outcome,)

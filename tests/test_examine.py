"""The engine: outcomes, crashes that don't stop others, findings that survive a stop."""

from __future__ import annotations

import pytest

from doctor.errors import BadInput, Unreadable
from doctor.examine import ask, examine
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Status, Unknown, check
from doctor.rank import rank

SAW = (Evidence("artifact:model.pkl", "seen"),)


class Parts:
    def part(self, name):
        if name == "serving":
            raise Unknown("no --image or --serving given")
        return name


def made(name, body, *, severity=Severity.ERROR, stage=Stage.LOAD, explains=(), inputs=("artifact",)):
    source = f"def {name}({', '.join(inputs)}):\n    '''Doc.'''\n    yield from body({', '.join(inputs)})\n"
    scope = {"body": body, "__name__": "checks.layout.x"}
    exec(source, scope)
    return check(
        title="T", fault="artifact-layout", severity=severity, stage=stage, basis="https://a", explains=explains
    )(scope[name])


def finding(message="m", **more):
    return Finding(message, SAW, "fix", **more)


def test_clear_found_unknown():
    assert ask(made("clear", lambda a: iter(())), Parts()).status is Status.CLEAR
    assert ask(made("found", lambda a: iter([finding()])), Parts()).status is Status.FOUND
    unknown = ask(made("unknown", lambda s: iter(()), inputs=("serving",)), Parts())
    assert (unknown.status, unknown.reasons) == (Status.UNKNOWN, ("no --image or --serving given",))


def test_a_yielded_unknown_does_not_hide_a_finding():
    outcome = ask(made("both", lambda a: iter([Unknown("half of it"), finding()])), Parts())
    assert (outcome.status, len(outcome.findings), outcome.reasons) == (Status.FOUND, 1, ("half of it",))


@pytest.mark.parametrize("error", [Unreadable("cut"), Unknown("why")])
def test_what_was_found_before_a_stop_stays(error):
    def body(_a):
        yield finding()
        raise error

    outcome = ask(made("stops", body), Parts())
    assert (outcome.status, len(outcome.findings)) == (Status.FOUND, 1)
    assert outcome.reasons == (str(error),)


def test_a_crash_is_told_and_stops_no_other():
    def body(_a):
        yield finding()
        raise ZeroDivisionError("oops")

    crashed, clear = examine([made("crashes", body), made("next", lambda a: iter(()))], Parts())
    assert (crashed.status, len(crashed.findings)) == (Status.CRASHED, 1)
    assert "ZeroDivisionError: oops at test_examine.py:" in crashed.reasons[0]
    assert clear.status is Status.CLEAR


def test_bad_input_is_the_users_to_mend():
    def body(_a):
        raise BadInput("x: no such file")
        yield

    with pytest.raises(BadInput):
        ask(made("bad", body), Parts())


def test_a_finding_needs_evidence():
    with pytest.raises(ValueError, match="needs evidence"):
        Finding("m", (), "fix")


def ranked(*checks):
    return [(r.check.id, r.because_of) for r in rank(examine(checks, Parts()))]


def test_severity_likelihood_stage_decide():
    late = made("late", lambda a: iter([finding()]), stage=Stage.FIRST_REQUEST)
    early = made("early", lambda a: iter([finding()]), stage=Stage.START)
    likely = made("likely", lambda a: iter([finding(likelihood=Likelihood.LIKELY)]), stage=Stage.CREATE)
    warning = made("warning", lambda a: iter([finding()]), severity=Severity.WARNING, stage=Stage.CREATE)
    assert [i for i, _ in ranked(warning, late, likely, early)] == ["early", "late", "likely", "warning"]


def test_consequences_follow_their_cause():
    cause = made("cause", lambda a: iter([finding()]), explains=("effect",), stage=Stage.FIRST_REQUEST)
    effect = made("effect", lambda a: iter([finding()]), stage=Stage.START)
    other = made("other", lambda a: iter([finding()]), stage=Stage.LOAD)
    assert ranked(effect, other, cause) == [("other", ""), ("cause", ""), ("effect", "cause")]


def test_one_cause_is_told_once():
    first = made("first", lambda a: iter([finding("a", cause="serving:pkg/numpy")]), stage=Stage.START)
    second = made("second", lambda a: iter([finding("b", cause="serving:pkg/numpy"), finding("c")]))
    assert ranked(second, first) == [("first", ""), ("second", "first"), ("second", "")]


def test_a_note_explains_no_error_and_a_circle_loses_nothing():
    note = made("note", lambda a: iter([finding()]), severity=Severity.NOTE, explains=("error",))
    error = made("error", lambda a: iter([finding()]), explains=("mutual",))
    mutual = made("mutual", lambda a: iter([finding()]), explains=("error",))
    assert sorted(i for i, _ in ranked(note, error, mutual)) == ["error", "mutual", "note"]

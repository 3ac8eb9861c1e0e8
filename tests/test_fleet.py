"""Several artifacts behind one endpoint: who is a member, what each is called, the reports, their text and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from doctor import fleet
from doctor.cli import main
from doctor.deployment import Deployment, Plan
from doctor.errors import BadInput
from doctor.fleetmemory import peak_together
from doctor.fleetreport import check_fleet, of_endpoint, of_one
from doctor.model import Ran, Severity, Status, Tried, Unknown
from doctor.report import fleet as report
from doctor.reporting import report_on
from doctor.trials.values import Ended, Failure, Step
from tests.deployments import artifact_of, checks, examine, examine_together, plan_of

DOCS = Path(__file__).parent.parent / "docs"
SKLEARN = "healthy/several-sklearn"


@pytest.fixture
def models(tmp_path):
    return artifact_of(SKLEARN, tmp_path)


def touched(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    "names",
    [
        ("a.tar.gz",),
        ("a.tar.gz", "b.tgz", "README.md", ".DS_Store", "a.tar.gz.sha256"),
        ("teams/a.tar.gz", "teams/b.tar.gz", ".git/config"),
        ("a.zip", "b.tar"),
    ],
)
def test_a_directory_of_archives_is_one_of_artifacts(tmp_path, names):
    assert fleet.is_folder_of_artifacts(touched(tmp_path, *names))


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("README.md",),
        ("model.pt", "code/inference.py"),
        ("model.tar.gz", "code/inference.py"),  # an artifact that holds an archive
        ("export/1/saved_model.pb", "assets/vocab.tar.gz"),
        ("own.mar",),
        ("data/train.csv", "model.tar.gz"),
    ],
)
def test_any_other_directory_is_an_artifact(tmp_path, names):
    assert not fleet.is_folder_of_artifacts(touched(tmp_path, *names))


def test_a_file_is_no_directory_of_artifacts(models):
    assert not fleet.is_folder_of_artifacts(models / "north.tar.gz")
    assert not fleet.is_fleet((str(models / "north.tar.gz"),))
    assert fleet.is_fleet((str(models),))
    assert fleet.is_fleet((str(models / "north.tar.gz"), str(models / "west.tar.gz")))


def test_members_are_named_as_requests_name_them(tmp_path):
    touched(tmp_path, "eu/a.tar.gz", "eu/b.tar.gz", "us/a.tar.gz", "notes.txt")
    found = fleet.members((str(tmp_path),))
    assert fleet.names(found) == ["eu/a.tar.gz", "eu/b.tar.gz", "us/a.tar.gz"]
    one_by_one = (str(tmp_path / "us" / "a.tar.gz"), str(tmp_path / "eu"))
    assert fleet.names(fleet.members(one_by_one)) == ["us/a.tar.gz", "eu/a.tar.gz", "eu/b.tar.gz"]


def test_folders_of_models_may_be_members(tmp_path):
    touched(tmp_path, "a/model.pt", "b/model.pt")
    assert fleet.names(fleet.members((str(tmp_path / "a"), str(tmp_path / "b")))) == ["a", "b"]


def test_bad_input_is_one_line(tmp_path, models):
    (tmp_path / "empty").mkdir()
    one = str(models / "north.tar.gz")
    for paths, words in [
        ((one, str(tmp_path / "absent.tar.gz")), "no such file or directory"),
        ((one, str(tmp_path / "empty")), "an empty directory"),
        ((one, one), "given twice"),
        ((one, str(models)), "given twice"),
        ((one, str(models / ".." / "models" / "north.tar.gz")), "given twice, also as"),
    ]:
        with pytest.raises(BadInput, match=words) as problem:
            fleet.members(paths)
        assert "\n" not in str(problem.value)


def test_each_alone_then_together():
    found = examine_together("sick/no-version-serves-all")
    assert [name for name, _report in found.members] == ["price.tar.gz", "risk.tar.gz"]
    assert [r.findings for _name, r in found.members] == [(), ()]
    assert [r.check.id for r in found.together.findings] == ["no-version-serves-all"]
    assert found.together.subject["artifacts"] == ["price.tar.gz", "risk.tar.gz"]


def test_checks_of_several_are_asked_only_of_several():
    with_fleet = {c.id for c in checks() if "fleet" in c.inputs}
    assert with_fleet
    alone = examine("sick/nested-root")
    assert not with_fleet & {o.check.id for o in alone.outcomes}
    found = examine_together(SKLEARN)
    assert with_fleet <= {o.check.id for o in found.together.outcomes}
    for _name, one in found.members:
        assert not with_fleet & {o.check.id for o in one.outcomes}


def test_what_asks_nothing_of_an_artifact_is_asked_once():
    found = examine_together(SKLEARN)
    asked_of_all = {o.check.id for o in found.together.outcomes}
    assert {"label-missing", "multi-model-needs-cpu", "environment-refused"} & asked_of_all
    for check in checks():
        assert of_endpoint(check) or of_one(check)


def test_one_artifact_has_no_fleet(tmp_path):
    with pytest.raises(Unknown, match="only one artifact"):
        Deployment(plan_of("sick/nested-root", tmp_path)).part("fleet")
    asked = tuple(c for c in checks() if c.id == "endpoint-takes-one-model" or c.area == "layout")
    told = report_on(Deployment(plan_of("sick/nested-root", _new(tmp_path))), asked)
    assert "endpoint-takes-one-model" not in {o.check.id for o in told.outcomes}


def _new(folder):
    (folder / "new").mkdir()
    return folder / "new"


def test_without_a_kind_it_is_a_multi_model_endpoint(models):
    found = check_fleet((str(models),), Plan(stack="sklearn", offline=True), checks())
    assert found.together.subject["endpoint"] == "multi-model"
    serverless = check_fleet((str(models),), Plan(stack="sklearn", endpoint="serverless", offline=True), checks())
    assert serverless.together.findings[0].check.id == "endpoint-takes-one-model"


def test_the_status_is_the_worst(models, tmp_path):
    assert examine_together(SKLEARN).status(Severity.ERROR) == 0
    assert examine_together("sick/no-version-serves-all").status(Severity.ERROR) == 1
    assert examine_together("sick/models-pin-different-versions").status(Severity.ERROR) == 0
    assert examine_together("sick/models-pin-different-versions").status(Severity.NOTE) == 1
    sick = artifact_of("sick/nested-root", tmp_path / "models")
    found = check_fleet((str(models / "north.tar.gz"), str(sick)), Plan(stack="sklearn", offline=True), checks())
    assert found.status(Severity.ERROR) == 1
    assert found.status(None) == 0


def test_a_member_with_nothing_to_examine_is_the_users_to_mend(models):
    touched(models, "broken.zip")
    (models / "broken.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    asked = tuple(c for c in checks() if c.area == "memory")
    with pytest.raises(BadInput, match=r"broken\.zip"):
        check_fleet((str(models),), Plan(stack="sklearn", offline=True), asked)


def test_text():
    found = examine_together("sick/model-api-disabled")
    text = report.render(found, verbosity=0, colour=False, width=100)
    assert text.index("double.tar.gz\n") < text.index("triple.tar.gz\n") < text.index("together, behind one")
    assert text.count("fix  --env TS_ENABLE_MODEL_API=true") == 1  # word for word the same: told once
    assert "  as of double.tar.gz: error model-api-disabled\n" in text
    assert text.count("1 error, ") == 2
    assert text.endswith("2 artifacts: 2 errors\n")
    quiet = report.render(found, verbosity=-1, colour=False, width=100)
    assert [line.split(": ")[0] for line in quiet.splitlines()] == ["double.tar.gz", "triple.tar.gz"]
    loud = report.render(found, verbosity=2, colour=True, width=100)
    assert "\x1b[" in loud and "clear" in loud


def test_text_of_the_healthy():
    text = report.render(examine_together(SKLEARN), verbosity=0, colour=False, width=100)
    assert text.endswith("3 artifacts: nothing found\n")


@pytest.mark.parametrize("name", [SKLEARN, "sick/no-version-serves-all", "sick/model-api-disabled"])
def test_json_keeps_to_its_schemas(name):
    value = json.loads(report.as_json(examine_together(name)))
    jsonschema.validate(value, json.loads((DOCS / "fleet.schema.json").read_text()))
    whole = json.loads((DOCS / "report.schema.json").read_text())
    for member in value["members"]:
        jsonschema.validate(member["report"], whole)
    finding = {"$defs": whole["$defs"], **whole["$defs"]["finding"]}
    for found in value["together"]["findings"]:
        jsonschema.validate(found, finding)
    reports = [m["report"]["summary"] for m in value["members"]] + [value["together"]["summary"]]
    assert value["summary"]["findings"]["error"] == sum(s["findings"]["error"] for s in reports)


def test_peaks_of_trials_add_up():
    steps = {"a": Step("load", Ended.FINISHED, peak=300 << 20), "b": Step("load", Ended.FINISHED, peak=500 << 20)}
    assert peak_together(steps) == 800 << 20
    with pytest.raises(Unknown, match="nothing told how much memory c took"):
        peak_together({**steps, "c": Step("load", Ended.FINISHED)})
    failed = Step("load", Ended.FINISHED, failure=Failure("load", "KeyError", "x", "KeyError: 'x'"), peak=1)
    with pytest.raises(Unknown, match="d didn't load"):
        peak_together({**steps, "d": failed})


def test_measured_peaks_count_before_weights(models):
    given = {f"{n}.tar.gz": {"load": Step("load", Ended.FINISHED, peak=3 << 30)} for n in ("north", "south", "west")}
    plan = Plan(stack="sklearn", endpoint="multi-model", instance_type="ml.m5.large", offline=True)
    found = check_fleet((str(models),), plan, checks(), given=given)
    first = found.together.findings[0]
    assert first.check.id == "models-not-all-in-memory"
    assert "the 3 models take 9.7 GB together" in first.finding.message
    assert "not more than 2 of them" in first.finding.message
    assert first.finding.evidence[0].where == "trial:load"
    plain = check_fleet((str(models),), plan, checks())
    assert [r.check.id for r in plan_free(plain)] == []


def plan_free(found):
    return [r for r in found.together.findings if r.check.area == "multimodel"]


def test_peaks_are_told():
    found = examine_together(SKLEARN)
    ran = (Ran("load", "worked", (), 1.0, 300 << 20, {}),)
    tried = Tried("a sandbox", (), (), ran, (), ())
    found = found._replace(members=tuple((name, one._replace(tried=tried)) for name, one in found.members))
    assert found.peaks == dict.fromkeys(("north.tar.gz", "south.tar.gz", "west.tar.gz"), 300 << 20)
    assert "3 artifacts loaded: 900 MiB together" in report.render(found, verbosity=0, colour=False, width=100)
    value = report.as_value(found)
    assert sum(value["peaks"].values()) == 900 << 20
    jsonschema.validate(value, json.loads((DOCS / "fleet.schema.json").read_text()))


def test_a_choice_of_checks(models):
    def chosen(*ids):
        return tuple(c for c in checks() if {c.id, c.area} & set(ids))

    plan = Plan(stack="sklearn", offline=True)
    assert check_fleet((str(models),), plan, chosen("no-version-serves-all")).status(Severity.ERROR) == 0
    assert check_fleet((str(models),), plan, chosen("multimodel")).status(Severity.ERROR) == 0
    with pytest.raises(BadInput, match="nothing could be examined: no --image given"):
        check_fleet((str(models),), plan, chosen("label-missing"))


def test_on_the_command_line(models):
    script = ("--env", "SAGEMAKER_PROGRAM=inference.py", "--env", "SAGEMAKER_SUBMIT_DIRECTORY=s3://bucket/code.tar.gz")
    words = ["--stack", "sklearn", "--endpoint", "multi-model", "--offline", *script]
    one_by_one = [str(models / f"{name}.tar.gz") for name in ("north", "south", "west")]
    runner = CliRunner()
    whole = runner.invoke(main, ["check", str(models), *words])
    assert (whole.exit_code, whole.output) == (0, runner.invoke(main, ["check", *one_by_one, *words]).output)
    assert whole.output.endswith("3 artifacts: nothing found\n")
    value = json.loads(runner.invoke(main, ["check", str(models), *words, "--format", "json"]).output)
    assert [m["name"] for m in value["members"]] == ["north.tar.gz", "south.tar.gz", "west.tar.gz"]
    serverless = runner.invoke(main, ["check", str(models), *words[:2], "--endpoint", "serverless", "--offline"])
    assert serverless.exit_code == 1
    twice = runner.invoke(main, ["check", one_by_one[0], one_by_one[0], *words])
    assert twice.exit_code == 2
    assert twice.output.startswith("doctor: ") and twice.output.count("\n") == 1


def test_nothing_of_it_is_imported_for_one_artifact(tmp_path):
    import subprocess
    import sys

    artifact = artifact_of("sick/nested-root", tmp_path)
    code = f"""
import sys
from doctor.cli import main
try:
    main(["check", {str(artifact)!r}])
except SystemExit:
    pass
print([m for m in sys.modules if m.startswith("doctor.fleet")], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "[]"


def test_no_check_crashes():
    for name in (SKLEARN, "healthy/several-triton", "healthy/several-tensorflow", "healthy/several-pytorch"):
        found = examine_together(name)
        assert [o.reasons for r in found.reports for o in r.outcomes if o.status is Status.CRASHED] == []

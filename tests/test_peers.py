"""The comparison with other tools: what they print is read, judged and written as it should be; no tool is run."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "benchmarks"))  # at the end: there is a pip.py in it

import peer_inputs  # noqa: E402 - found only after the line above
import peer_tools  # noqa: E402
import peers  # noqa: E402

PICKLESCAN = """/m/model.pkl: dangerous import 'posix system' FOUND
----------- SCAN SUMMARY -----------
Scanned files: 1
"""
MODELSCAN = {
    "issues": [
        {
            "description": "Use of unsafe operator 'system' from module 'posix'",
            "scanner": "modelscan.scanners.PickleUnsafeOpScan",
            "severity": "CRITICAL",
        }
    ],
    "errors": [{"category": "DEPENDENCY", "description": "To use modelscan.scanners.KerasLambdaDetectScan, please"}],
}
MODELAUDIT = {
    "issues": [
        {
            "message": "Found REDUCE opcode invoking dangerous global: posix.system",
            "severity": "critical",
            "rule_code": "S201",
        },
        {"message": "Datasets with unspecified licenses detected", "severity": "info", "type": "license_warning"},
    ]
}
FICKLING = {
    "severity": "LIKELY_OVERTLY_MALICIOUS",
    "analysis": "`from posix import system` is suspicious and indicative of an overtly malicious pickle file\nmore",
}
DEPTRY = [
    {
        "error": {"code": "DEP001", "message": "'xgboost' imported but missing from the dependency definitions"},
        "module": "xgboost",
        "location": {"file": "inference.py", "line": 5, "column": 8},
    }
]
FAWLTYDEPS = """WARNING:fawltydeps.extract_deps:Manually applying parser
{
  "undeclared_deps": [{"name": "xgboost", "references": []}],
  "unused_deps": null
}
"""
MLX = {
    "results": [
        {"status": "fail", "check_id": "text/config.json", "message": "Missing config.json"},
        {"status": "skip", "check_id": "text/config.model_type", "message": "unavailable"},
    ]
}
DOCTOR = {
    "findings": [
        {"severity": "error", "check": "nested-root", "message": "everything is inside model/"},
        {"severity": "note", "check": "junk-packed", "message": "1 file of junk"},
    ],
    "unknown": [
        {"check": "a", "status": "unknown", "reason": "no --image given"},
        {"check": "b", "status": "crashed", "reason": "KeyError"},
    ],
}


@pytest.mark.parametrize(
    ("read", "written", "printed", "said"),
    [
        (peer_tools.picklescan_said, "", PICKLESCAN, ["/m/model.pkl: dangerous import 'posix system' FOUND"]),
        (
            peer_tools.modelscan_said,
            json.dumps(MODELSCAN),
            "",
            [
                "CRITICAL modelscan.scanners.PickleUnsafeOpScan: Use of unsafe operator 'system' from module 'posix'",
                "ERROR DEPENDENCY: To use modelscan.scanners.KerasLambdaDetectScan, please",
            ],
        ),
        (
            peer_tools.modelaudit_said,
            json.dumps(MODELAUDIT),
            "",
            [
                "critical S201: Found REDUCE opcode invoking dangerous global: posix.system",
                "info license_warning: Datasets with unspecified licenses detected",
            ],
        ),
        (
            peer_tools.fickling_said,
            json.dumps(FICKLING),
            "",
            [
                "LIKELY_OVERTLY_MALICIOUS: `from posix import system` is suspicious and indicative of an overtly "
                "malicious pickle file",
                "LIKELY_OVERTLY_MALICIOUS: more",
            ],
        ),
        (
            peer_tools.fickling_said,
            "",
            "Fickling failed to parse this pickle file. Error: x\nmore",
            ["Fickling failed to parse this pickle file. Error: x"],
        ),
        (
            peer_tools.deptry_said,
            json.dumps(DEPTRY),
            "",
            ["DEP001: 'xgboost' imported but missing from the dependency definitions"],
        ),
        (
            peer_tools.fawltydeps_said,
            "",
            FAWLTYDEPS,
            ["undeclared: xgboost", "WARNING:fawltydeps.extract_deps:Manually applying parser"],
        ),
        (peer_tools.mlx_said, json.dumps(MLX), "", ["fail text/config.json: Missing config.json"]),
        (
            peer_tools.doctor_said,
            json.dumps(DOCTOR),
            "",
            [
                "error nested-root: everything is inside model/",
                "note junk-packed: 1 file of junk",
                "crashed b: KeyError",
            ],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_tool_said_is_read(read, written, printed, said):
    assert read(written, printed) == said


@pytest.mark.parametrize("tool", peer_tools.TOOLS, ids=lambda t: f"{t.name}, {t.given}")
def test_no_output_is_nothing_said(tool):
    assert tool.said("", "") == []


def judged(tool, name, said, statuses=(1,), fault="", truth=""):
    one = {"name": name, "said": said, "statuses": list(statuses)}
    return peers.judge(one, fault, truth, peers.patterns()[tool])


def test_what_is_quoted_must_have_happened():
    said = ["DEP001: 'xgboost' imported but missing from the dependency definitions"]
    right = judged(
        "deptry", "handler-imports-absent", said, fault="missing-dependency", truth="No module named 'xgboost'"
    )
    wrong = judged("deptry", "handler-imports-absent", said, fault="missing-dependency", truth="No module named 'shap'")
    assert right == (True, True)
    assert wrong == (False, True)


def test_a_class_that_a_tool_does_not_know_is_not_named():
    assert judged("picklescan", "nested-root", ["x: dangerous import 'a b' FOUND"], fault="artifact-layout") == (
        False,
        True,
    )


def test_doctor_names_the_cause_only_with_its_first_finding():
    said = peer_tools.doctor_said(json.dumps(DOCTOR), "")
    assert judged("endpoint doctor", "nested-root--twice", said) == (True, True)
    assert judged("endpoint doctor", "junk-packed", said) == (False, True)
    assert judged("endpoint doctor", "junk-packed", [], statuses=[0]) == (False, False)


def test_a_missing_extra_of_a_tool_is_not_held_against_it():
    extra = "ERROR DEPENDENCY: To use modelscan.scanners.KerasLambdaDetectScan, please"
    broken = "ERROR PICKLE_GENOPS: Parsing error"
    assert not judged("modelscan", "x", [extra], statuses=[2]).failed
    assert judged("modelscan", "x", [extra, broken], statuses=[2]).failed


def test_every_pattern_is_for_a_tool_a_class_or_a_check():
    known = {t.name for t in peer_tools.TOOLS}
    classes = peers.faults()
    for name, rules in peers.patterns().items():
        assert name in known
        assert rules["fails"]
        assert rules["source"]
        for key, accepted in rules.get("names", {}).items():
            assert key in classes or key in classes.values(), (name, key)
            for pattern in accepted:
                re.compile(pattern)
    assert known == set(peers.patterns())


def test_a_fixture_is_given_in_all_its_forms(tmp_path):
    given = peer_inputs.prepare("sick", "handler-imports-absent", tmp_path)
    assert given.expected == "handler-imports-absent"
    assert given.whole
    assert (given.code / "requirements.txt").read_text() == ""
    assert "scikit-learn==1.3.2" in given.image_packages.read_text()
    assert [p.name for p in given.pickles] == ["model.joblib"]
    assert given.model is None
    assert "--stack" in given.options
    assert "SAGEMAKER_PROGRAM=inference.py" in given.options


def test_an_archive_that_is_damaged_is_given_itself(tmp_path):
    assert not peer_inputs.prepare("sick", "archive-truncated", tmp_path).whole


def test_options_are_those_of_the_command_line():
    given = {"stack": "sklearn", "env": {"A": "1"}, "network-isolation": False, "inference_ami": "x", "memory": 2048}
    assert peer_inputs.options(given, ()) == [
        "--stack", "sklearn", "--env", "A=1", "--no-network-isolation", "--inference-ami", "x", "--memory", "2048",
    ]  # fmt: skip


def test_the_readme_holds_the_table_of_the_last_run():
    text = (ROOT / "README.md").read_text()
    assert text.count(peers.START) == text.count(peers.END) == 1
    inside = text.split(peers.START)[1].split(peers.END)[0]
    if not peers.RESULT.exists():
        assert not inside.strip()
        return
    assert peers.START + inside + peers.END == peers.table(json.loads(peers.RESULT.read_text()))


def test_the_table_is_well_formed():
    row = {
        "tool": "deptry", "version": "0.25.1", "given": "code/", "runs": 3, "named": 1, "own_classes": 2,
        "named_and_failed": 1, "failed_otherwise": 1, "false_alarms": 1, "median_seconds": 0.3, "sum_seconds": 1,
        "together_seconds": None, "median_mib": 24,
    }  # fmt: skip
    all_of_them = {**row, "own_classes": 3, "together_seconds": 4}
    found = {"date": "2026-11-21", "python": "3.11", "cores": 2, "sick": 3, "healthy": 2, "rows": [row, all_of_them]}
    lines = [line for line in peers.table(found).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2] == "| deptry 0.25.1 | code/ | 1 (2) | 1 | 1 | 0.30 | 1 s / - | 24 MiB |"
    assert "| 1 | 1 | 1 | 0.30 | 1 s / 4 s |" in lines[3]


def test_a_run_becomes_rows():
    seen = {
        "tool": "picklescan", "given": "the artifact's files", "kind": "sick", "name": "hostile-pickle",
        "statuses": [1], "said": ["a: dangerous import 'posix system' FOUND"], "seconds": 0.5, "mib": 20.0,
    }  # fmt: skip
    healthy = {**seen, "kind": "healthy", "name": "a", "seconds": 0.1}
    recorded = {
        "date": "2026-11-21", "python": "3.11", "cores": 2, "versions": {"picklescan": "1"}, "together": [],
        "truths": {"sick/hostile-pickle": "", "sick/nested-root": "", "healthy/a": ""}, "seen": [seen, healthy],
    }  # fmt: skip
    (row,) = peers.result(recorded)["rows"]
    assert (row["named"], row["own_classes"], row["failed_otherwise"], row["false_alarms"]) == (1, 1, 0, 1)
    assert row["median_seconds"] == 0.3

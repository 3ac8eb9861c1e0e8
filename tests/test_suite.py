"""What every check must have: a fixture, a test, an explanation, a basis, a known fault, known inputs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doctor import facts
from doctor.deployment import PARTS
from tests.deployments import FIXTURES, checks

ROOT = Path(__file__).parent.parent
BY_ID = pytest.mark.parametrize("check", checks(), ids=lambda c: c.id)


def test_ids_are_unique():
    ids = [c.id for c in checks()]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 35


@BY_ID
def test_name_is_the_same_everywhere(check):
    name = check.id.replace("-", "_")
    assert (ROOT / "checks" / check.area / f"{name}.py").is_file()
    assert (ROOT / "tests" / "checks" / f"test_{name}.py").is_file()
    variants = [p.parent.name for p in (FIXTURES / "sick").glob("*/deployment.json")]
    assert any(v == check.id or v.startswith(f"{check.id}--") for v in variants)


@BY_ID
def test_is_explained_and_founded(check):
    assert len(check.explanation.split()) >= 15
    assert check.explanation.strip().split("\n")[0].strip()
    assert re.match(r"https?://|[\w.-]+/[\w.-]+#\d+", check.basis), check.basis
    assert check.title[0].isupper()
    assert not check.title.endswith(".")


@BY_ID
def test_uses_known_words(check):
    assert check.fault in facts.load("faults")["faults"]
    assert set(check.inputs) <= set(PARTS)
    assert set(check.explains) <= {c.id for c in checks()}
    for symptom in check.symptoms:
        re.compile(symptom)


def test_a_check_file_holds_one_check():
    for path in (ROOT / "checks").glob("*/[a-z]*.py"):
        assert path.read_text().count("\n@check(") == 1, path


def test_no_fixture_without_a_check():
    ids = {c.id for c in checks()}
    for path in (FIXTURES / "sick").iterdir():
        assert path.name.split("--")[0] in ids, path.name

"""The measured tables, how they are compared and looked up, and a sample of what doctor says of their pairs."""

from __future__ import annotations

import ast
import json
import random

import pytest
from packaging.version import Version

from doctor import facts, measured
from doctor.model import Unknown
from measurements import comparing, matrix, newer, running, stored, table
from measurements.family import PROGRAMS, Env, Family, families
from measurements.table import Pair

ENVIRONMENTS = {"1.0": ("3.8.18", {"lib": "1.0"}), "2.0": ("3.11.7", {"lib": "2.0"})}
PAIRS = [
    Pair("a.pkl", "1.0", "1.0"),
    Pair("a.pkl", "1.0", "2.0", "load", "ValueError: no"),
    Pair("a.pkl", "2.0", "1.0", "", "", ("DeprecatedVersionWarning",)),
    Pair("a.pkl", "2.0", "2.0"),
    Pair("b.txt", "2.0", "2.0"),
]


def built(pairs=PAIRS):
    return table.build("lib", "lib", ENVIRONMENTS, pairs, {"b.txt": ["1.0"]}, {"b.txt": ["1.0"]})


def test_a_table_gives_back_what_it_was_built_of():
    assert list(table.pairs(json.loads(json.dumps(built())))) == PAIRS


def test_a_table_without_an_environment():
    left = table.restricted(built(), {"2.0"})
    assert list(table.pairs(left)) == [Pair("a.pkl", "2.0", "2.0"), Pair("b.txt", "2.0", "2.0")]
    assert left["failures"] == []


def test_differences_name_the_pair_and_both_results(monkeypatch):
    now = built([PAIRS[0], PAIRS[1]._replace(error="KeyError: x"), *PAIRS[2:]])
    monkeypatch.setattr(facts, "load", lambda _: built())
    lines = list(comparing.differences("measured/lib", now))
    assert lines == ["measured/lib: a.pkl 1.0 2.0: was ValueError: no, is KeyError: x"]
    assert list(comparing.differences("measured/lib", built())) == []


@pytest.mark.parametrize(
    ("log", "error", "says"),
    [
        ("KeyError: 0", "KeyError: 0", True),
        ("sklearn.exceptions.NotFittedError: x", "NotFittedError: x", True),
        (
            "AttributeError: no 'A' on <module 'm' from '/opt/m.py'>",
            "AttributeError: no 'A' on <module 'm' from 'm.py'>",
            True,
        ),
        ("Error: src/common/json.cc:12: Expecting", "Error: ../src/common/json.cc:458: Expecting", True),
        ("", "KeyError: 0", False),
        ("KeyError: 1", "KeyError: 0", False),
    ],
)
def test_whether_a_log_line_is_the_measured_one(log, error, says):
    assert matrix._says(log, error) is says


def test_what_an_error_says_of_its_run_is_taken_out():
    error = "E: [10:11:12] /build/src/a.cc:3: objects/1.0/x.pkl at 0x7fe3a1b2 Stack trace: [bt]"
    said = running._plain({"error": error})
    assert said["error"] == "E: src/a.cc:3: {path} at 0x..."


def test_releases_since(monkeypatch):
    monkeypatch.setattr(newer, "released", lambda _: ["2.0", "2.0.1", "2.1", "2.1.3", "3.0rc1"])
    family = Family("lib", "lib", (Env("2.0", "3.11", ()),), lambda _: None, newer=lambda v: Env(v, "3.13", (v,)))
    assert [e.name for e in newer.newer_releases(family, {})] == ["2.1.3"]


def test_a_version_between_two_is_judged_by_both_and_one_outside_by_none(monkeypatch):
    monkeypatch.setattr(measured, "load", lambda _: built())
    assert measured.outcome("lib", ["a.pkl"], Version("1.0"), Version("2.0")).error == "ValueError: no"
    between = measured.outcome("lib", ["a.pkl"], Version("1.0"), Version("1.5"))
    assert isinstance(between, Unknown)  # 1.0 reads it, 2.0 doesn't
    alike = measured.outcome("lib", ["a.pkl"], Version("2.0"), Version("1.5"))
    assert not alike.error
    assert not alike.exact
    assert "between measured versions" in alike.evidence("lib").saw
    assert isinstance(measured.outcome("lib", ["a.pkl"], Version("3.0"), Version("2.0")), Unknown)


@pytest.mark.parametrize("name", sorted(families()))
def test_each_family_has_its_program_table_and_objects(name):
    ast.parse((PROGRAMS / f"{name}.py").read_text(), feature_version=(3, 7))
    data = facts.load(f"measured/{name}")
    assert data["family"] == name
    assert data["measured"]
    assert data["environments"]
    assert (stored.OBJECTS / f"{name}.tar.xz").exists()


@pytest.mark.parametrize("name", sorted(families()))
def test_doctor_says_of_a_sample_what_was_measured(name):
    """The whole is ``make matrix``."""
    family = families()[name]
    pairs = [p for p in table.pairs(facts.load(f"measured/{name}")) if family.served(p.object) is not None]
    chosen = random.Random(7).sample(pairs, min(len(pairs), 40))
    cases = [matrix._judged((name, [pair]))[0] for pair in chosen]
    assert not [c for c in cases if c.verdict == "false alarm"]
    assert sum(c.verdict in {"missed", "told otherwise"} for c in cases) <= len(cases) // 20

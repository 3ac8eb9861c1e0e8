from __future__ import annotations

import pytest

from doctor.model import Status
from doctor.symbols.values import absent, present
from tests.deployments import ask, examine

HANDLER = "import os\n{}\n\ndef model_fn(model_dir):\n    {}\n    return 1\n"


def asked(top, serving, inside="pass", **more):
    artifact = {"code/inference.py": HANDLER.format(top, inside), **more}
    return ask("handler-imports-absent-name", artifact=artifact, serving=serving, python="3.10")


def test_the_fixture():
    first = examine("sick/handler-imports-absent-name").findings[0]
    assert first.check.id == "handler-imports-absent-name"
    assert "scikit-learn 1.3.2 of" in first.finding.message
    assert first.finding.evidence[0].where == "artifact:code/inference.py:4"
    assert first.finding.log == "ImportError: cannot import name 'joblib' from 'sklearn.externals'"
    assert first.finding.fix.endswith("with 'import joblib'")


def test_healthy():
    assert not examine("healthy/names-guarded-and-brought-back").findings


@pytest.mark.parametrize(
    ("top", "serving"),
    [
        ("from sklearn.externals import joblib", {"scikit-learn": "0.21.3"}),
        ("from werkzeug.urls import url_quote", {"werkzeug": "2.2.3"}),
        ("from flask import Flask, request", {"flask": "3.0.3"}),
        (
            "try:\n    from flask import Markup\nexcept ImportError:\n    from markupsafe import Markup",
            {"flask": "3.0.3"},
        ),
        ("from sklearn import linear_model", {"scikit-learn": "1.5.2"}),
    ],
)
def test_near_misses_stay_clear(top, serving):
    assert asked(top, serving).status is Status.CLEAR, asked(top, serving)


def test_names_that_releases_dropped():
    (finding,) = asked("from werkzeug.urls import url_quote", {"werkzeug": "3.0.6"}).findings
    assert "from urllib.parse import quote" in finding.fix
    assert len(asked("from flask import Flask, Markup, escape", {"flask": "3.0.3"}).findings) == 2


def test_a_release_that_was_not_measured():
    outcome = asked("from werkzeug.urls import url_quote", {"werkzeug": "99"})
    assert outcome.status is Status.UNKNOWN
    assert "werkzeug 99 was not measured" in outcome.reasons[0]


def test_an_own_module():
    assert asked("from flask import nothing", {"flask": "3.0.3"}, **{"code/flask.py": ""}).status is Status.CLEAR


def test_files_say_where():
    from doctor.environment import Environment

    def names(module, name):
        return present("a/b.py:3") if name == "there" else absent("a/b.py")

    serving = Environment("serving", "venv", {"a": "1"}, "3.10", complete=True, finds=lambda m: m == "a.b", names=names)
    artifact = {"code/inference.py": HANDLER.format("from a.b import there, gone", "pass")}
    from tests.deployments import checks, deployment

    made = deployment(artifact=artifact)
    made._values["serving"] = serving
    from doctor.examine import ask as ask_check

    check = next(c for c in checks() if c.id == "handler-imports-absent-name")
    (finding,) = ask_check(check, made).findings
    assert finding.log == "ImportError: cannot import name 'gone' from 'a.b' (a/b.py)"

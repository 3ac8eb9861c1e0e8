"""Tests of the check undefined-name."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/undefined-name").findings[0]
    assert first.check.id == "undefined-name"
    assert "uses json" in first.finding.message


def test_everything_bound_is_clear():
    code = (
        "from os import path as p\n"
        "import a.b\n"
        "\n"
        "try:\n"
        "    import c\n"
        "except ImportError:\n"
        "    c = None\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    if (n := len(d)) > 1:\n"
        "        pass\n"
        "    with open(d) as f, open(d):\n"
        "        pass\n"
        "    for i, (j, *k) in []:\n"
        "        pass\n"
        "    try:\n"
        "        pass\n"
        "    except OSError as e:\n"
        "        print(e)\n"
        "    def g(*args, **kw):\n"
        "        nonlocal n\n"
        "        return args, kw, h(i, j, k, n, f)\n"
        "    return [x for x in g() if x], {y: z for y, z in {}.items()}, lambda q: q, p, a.b, c, __file__, __name__\n"
        "\n"
        "\n"
        "class K:\n"
        "    size = 1\n"
        "    twice = size * 2\n"
        "\n"
        "    def m(self):\n"
        "        return K.size, __class__\n"
        "\n"
        "\n"
        "def h(*_):\n"
        "    global LATER\n"
        "    LATER = 1\n"
        "    return LATER\n"
    )
    assert ask("undefined-name", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_star_imports_hide_names():
    code = "from x import *\n\n\ndef model_fn(d):\n    return unknown\n"
    assert ask("undefined-name", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_function_that_nothing_calls_is_clear():
    code = "def model_fn(d):\n    return 1\n\n\ndef other():\n    return unknown\n"
    assert ask("undefined-name", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_an_except_clause_that_takes_it_is_clear():
    code = "def model_fn(d):\n    try:\n        return unicode(d)\n    except NameError:\n        return d\n"
    assert ask("undefined-name", artifact={"code/inference.py": code}).status is Status.CLEAR

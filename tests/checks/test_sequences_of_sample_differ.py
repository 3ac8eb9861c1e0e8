"""Tests of the check sequences-of-sample-differ."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/sequences-of-sample-differ").findings[0]
    assert first.check.id == "sequences-of-sample-differ"
    assert "'left': 2" in first.finding.message


def test_equal_lengths_are_clear():
    code = (
        "import json\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def input_fn(b, c):\n"
        "    d = json.loads(b)\n"
        "    return np.concatenate([np.array(d['a']), np.array(d['e'])], axis=1)\n"
    )
    assert (
        ask(
            "sequences-of-sample-differ", artifact={"code/inference.py": code}, sample=b'{"a": [[1]], "e": [[2]]}'
        ).status
        is Status.CLEAR
    )

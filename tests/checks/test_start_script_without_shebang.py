"""Tests of the check start-script-without-shebang."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "start-script-without-shebang"


def test_is_first_on_its_fixtures():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "'import http.server, json'" in first.finding.message
    assert "#!/usr/bin/env python3" in first.finding.fix
    assert examine(f"sick/{ID}--blank-line").findings[0].finding.log == "exec /entrypoint.sh: exec format error"


@pytest.mark.parametrize("text", ["\ufeff#!/bin/sh\n", "", " #!/bin/sh\n"])
def test_anything_before_the_line_is_found(text):
    assert ask(ID, image=image({"usr/bin/serve": text})).status is Status.FOUND


@pytest.mark.parametrize("text", ["#!/bin/sh\n", "#! /usr/bin/env python3\n", "\x7fELF"])
def test_scripts_and_programs_are_clear(text):
    assert ask(ID, image=image({"usr/bin/serve": text})).status is Status.CLEAR


def test_a_script_for_an_interpreter_needs_none():
    here = image({"serve.py": "import x\n"}, config={"Entrypoint": ["python3", "/serve.py"]})
    assert ask(ID, image=here).status is Status.CLEAR

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "pip-at-import"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "installs emoji==2.14.0 with pip in every worker" in first.finding.message


def told(body):
    return ask(CHECK, artifact={"code/inference.py": f"import os, subprocess, sys\n{body}\n"}).status


def test_the_ways_to_call_it():
    assert told("os.system('pip install -q emoji')") is Status.FOUND
    assert told("subprocess.run([sys.executable, '-m', 'pip', 'install', 'emoji'])") is Status.FOUND
    assert told("subprocess.run('pip3 install emoji', shell=True)") is Status.FOUND


def test_other_commands_and_functions_that_serving_does_not_call():
    assert told("subprocess.run(['apt-get', 'install', 'x'])") is Status.CLEAR
    assert told("subprocess.run(['pip', 'list'])") is Status.CLEAR
    assert told("def prepare():\n    os.system('pip install emoji')") is Status.CLEAR

"""Tests of the check start-program-absent."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "start-program-absent"
SERVE = "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("", ["'serve'", 'CMD ["python3", "/opt/program/server.py"]']),
        ("--not-on-path", ["'serve'", "/opt/program/serve is not on it"]),
        ("--handed-on", ["'serve'", 'CMD ["python3", "/app/server.py"]']),
        ("--script", ["python3 is to run serve.py"]),
    ],
)
def test_is_first_on_its_fixtures(variant, words):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert all(word in first.finding.message for word in words)


def test_an_entrypoint_that_is_nowhere():
    finding = ask(ID, image=image(config={"Entrypoint": ["/opt/run"]})).findings[0]
    assert finding.log == 'exec: "/opt/run": stat /opt/run: no such file or directory'


@pytest.mark.parametrize(
    ("text", "log"),
    [
        ("exec gunicorn app:app", "serve: 1: exec: gunicorn: not found"),
        ("PORT=8080 gunicorn app:app", "serve: 1: gunicorn: not found"),
    ],
)
def test_what_a_shell_is_told_to_run(text, log):
    files = {"bin/sh": "-> dash", "bin/dash": "\x7fELF"}
    found = ask(ID, image=image(files, config={"Entrypoint": ["/bin/sh", "-c", text]})).findings
    assert [f.log for f in found] == [log]


@pytest.mark.parametrize(
    "text", ["$SERVER app:app", "cd /srv && gunicorn x", "python3 app.py", "/opt/ml/code/run", "'", ""]
)
def test_what_a_shell_may_run_is_clear(text):
    assert ask(ID, image=image(config={"Entrypoint": ["/bin/sh", "-c", text]})).status is Status.CLEAR


def test_a_folder_as_the_entrypoint():
    files = {"opt/serve": "x"}
    here = image(files, config={"Entrypoint": ["/opt/serve"]})
    here.files["opt/serve"] = here.files["opt/serve"]._replace(kind="directory")
    assert ask(ID, image=here).findings[0].log == 'exec: "/opt/serve": permission denied'


@pytest.mark.parametrize(
    ("words", "link", "log"),
    [
        (["python3", "x.py"], {}, "python3: can't open file '/srv/x.py': [Errno 2] No such file or directory"),
        (["/bin/bash", "x.sh"], {}, "/bin/bash: x.sh: No such file or directory"),
        (["sh", "x.sh"], {"bin/sh": "-> dash", "bin/dash": "\x7fELF"}, "sh: 0: cannot open x.sh: No such file"),
    ],
)
def test_a_script_that_is_nowhere_as_its_interpreter_says_it(words, link, log):
    found = ask(ID, image=image(link, config={"Entrypoint": words, "WorkingDir": "/srv"})).findings
    assert found[0].log == log


@pytest.mark.parametrize(
    ("files", "config"),
    [
        ({"usr/local/bin/serve": SERVE}, {}),
        ({"opt/p/serve": SERVE}, {"Env": ["PATH=/opt/p:/bin"]}),
        ({"usr/bin/serve": "-> /opt/serve.py", "opt/serve.py": SERVE}, {}),
        ({}, {"Entrypoint": ["/opt/ml/code/serve"]}),
        ({}, {"Entrypoint": ["python3", "-m", "server"]}),
        ({"srv/serve.py": ""}, {"Entrypoint": ["python3", "serve.py"], "WorkingDir": "/srv"}),
        ({"srv/run": SERVE}, {"Entrypoint": ["./run"], "WorkingDir": "/srv"}),
        ({"e": 'case $1 in serve) shift;; esac\nexec "$@"'}, {"Entrypoint": ["/e"]}),
        ({"e": '#!/bin/sh\nset -- python3 x.py\nexec "$@"'}, {"Entrypoint": ["/e"]}),
        ({"usr/bin/tini": SERVE}, {"Entrypoint": ["tini", "--", "python3", "-m", "server"]}),
    ],
)
def test_what_starts_is_clear(files, config):
    assert ask(ID, image=image(files, config=config)).status is Status.CLEAR

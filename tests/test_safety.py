"""Nothing of the artifact runs: under an audit hook, no fixture causes an import, exec, write or process of its own."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.deployments import alone, artifact_of, plan_of

ROOT = Path(__file__).parent.parent

# Runs in a process of its own, so that the hook sees everything and nothing else. Modules come from where doctor and
# Python are installed, or are of the standard library; all else is the artifact's doing.
WATCHER = """
import json, os, sys
plans = json.load(open(sys.argv[1]))
allowed = tuple(json.loads(sys.argv[2]))
events = []
watching = False
ACTS = {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.remove", "os.rename",
    "os.rmdir", "os.mkdir", "os.chmod", "os.symlink", "os.link", "os.truncate", "os.kill", "socket.connect",
    "socket.bind", "ctypes.dlopen", "shutil.rmtree", "urllib.Request", "webbrowser.open", "pty.spawn",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def hook(event, args):
    if not watching:
        return
    if event == "open":
        path, mode, flags = args
        writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITES)
        if writes and not str(path).startswith(tempfolder):
            events.append([event, str(path), str(mode)])
    elif event == "import":
        # The path is None while the finders are asked; what was found shows as an open or exec of a file below.
        if args[0].split(".")[0] in poison:
            events.append([event, args[0]])
    elif event == "exec":
        name = getattr(args[0], "co_filename", "")
        if not name.startswith(allowed) and not name.startswith("<frozen") and name != "<string>":
            events.append([event, name])
        if name == "<string>" and b"doctor_was_here" in args[0].co_code + repr(args[0].co_consts).encode():
            events.append([event, name])
    elif event in ACTS and not (event == "os.remove" and str(args[0]).startswith(tempfolder)):
        events.append([event, repr(args)[:200]])
    elif event == "pickle.find_class":
        events.append([event, repr(args)])

from doctor import suite
from doctor.deployment import Deployment, Plan
from doctor.errors import BadInput
from doctor.report.text import render
from doctor.report.inspection import look
from doctor.reporting import report_on
checks = suite.load(suite.checks_package())
tempfolder = os.environ["TMPDIR"]
poison = {"torch", "tensorflow", "numpy", "sklearn", "keras", "xgboost", "onnx", "joblib", "cloudpickle", "inference"}
sys.addaudithook(hook)
seen = {}
for name, plan in plans.items():
    events.clear()
    watching = True
    try:
        render(report_on(Deployment(Plan(**plan)), checks), verbosity=2, colour=False, width=80)
        look(plan["artifact"])
    except BadInput as problem:
        pass
    finally:
        watching = False
    if events:
        seen[name] = list(events)
print(json.dumps(seen))
"""


def watched(plans, folder):
    (folder / "plans.json").write_text(json.dumps(plans))
    temp = folder / "temp"
    temp.mkdir()
    allowed = [str(ROOT / "doctor"), str(ROOT / "checks"), sys.prefix, sys.base_prefix]
    environment = {
        "PATH": "/usr/bin:/bin",
        "TMPDIR": str(temp),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", WATCHER, str(folder / "plans.json"), json.dumps(allowed)],
        capture_output=True, text=True, cwd=folder, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_no_code_of_any_fixture_runs(tmp_path):
    plans = {}
    for name in [*alone("healthy"), *alone("sick"), *alone("seeds")]:
        place = tmp_path / name.replace("/", "--")
        place.mkdir()
        plan = plan_of(name, place)
        plans[name] = {k: (dict(v) if k == "variables" else v) for k, v in plan._asdict().items()}
    assert len(plans) >= 60
    assert watched(plans, tmp_path) == {}


class Evil:
    def __init__(self, call, *args):
        self.reduced = (call, args)

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("protocol", range(6))
def test_no_hostile_pickle_runs(tmp_path, protocol):
    import os

    marker = tmp_path / "marker"
    payloads = {
        "system": Evil(os.system, f"touch {marker}"),
        "exec": Evil(exec, f"doctor_was_here = open({str(marker)!r}, 'w')"),
        "popen": Evil(subprocess.Popen, ["touch", str(marker)]),
        "remove": Evil(os.remove, str(tmp_path / "precious")),
    }
    (tmp_path / "precious").write_text("p")
    plans = {}
    for name, payload in payloads.items():
        path = tmp_path / f"{name}.pkl"
        path.write_bytes(pickle.dumps({"model": payload}, protocol))
        plans[name] = {"artifact": str(path)}
    assert watched(plans, tmp_path) == {}
    assert not marker.exists()
    assert (tmp_path / "precious").exists()


def test_the_hook_would_see_it(tmp_path):
    """The watcher itself can fail: a module of the artifact's folder that is run is reported."""
    (tmp_path / "inference.py").write_text("import os; os.system('true')\n")
    broken = WATCHER.replace("    try:\n        render", "    try:\n        import inference\n        render")
    (tmp_path / "plans.json").write_text(json.dumps({"x": {"artifact": str(tmp_path / "inference.py")}}))
    done = subprocess.run(
        [sys.executable, "-c", broken, str(tmp_path / "plans.json"), "[]"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path / "t"), "PYTHONPATH": f"{ROOT}:{tmp_path}"},
    )  # fmt: skip
    events = {e[0] for e in json.loads(done.stdout.splitlines()[-1])["x"]}
    assert {"import", "os.system"} <= events


def test_nothing_is_written_beside_the_artifact():
    for name in alone("sick")[:5]:
        with tempfile.TemporaryDirectory() as folder:
            artifact = artifact_of(name, Path(folder))
            before = sorted(Path(folder).rglob("*"))
            subprocess.run(
                [sys.executable, "-m", "doctor", "check", str(artifact), "-q"],
                cwd=ROOT,
                capture_output=True,
                check=False,
            )
            assert sorted(Path(folder).rglob("*")) == before

"""Artifacts that try what a model has no business with; each is a handler that needs no framework."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from doctor.trials.values import Ended, Limits, Process

HEAD = """
import ctypes, json, os, signal, socket, sys, tempfile, threading, time
def told(**what):
    os.write(1, (json.dumps(what) + "\\n").encode())
def tried(what):
    try:
        return what()
    except BaseException as error:
        return type(error).__name__
"""
# Run as the probe is: the handler of the model's folder, its model_fn, and a line at its end.
RUN = b"""
import os, sys
home = sys.argv[1]
sys.path.insert(0, os.path.join(home, "code"))
import inference
inference.model_fn(home)
os.write(1, b"done\\n")
os._exit(0)
"""

HANDLERS = {
    "good": """
def model_fn(home):
    told(here=sorted(os.listdir(home)), temporary=tempfile.TemporaryFile().write(b"x"))
""",
    "fork-bomb": """
def model_fn(home):
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)
""",
    "threads": """
def model_fn(home):
    count = 0
    try:
        while count < 100000:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            count += 1
    except RuntimeError as error:
        told(count=count, error=str(error))
""",
    "memory-hog": """
def model_fn(home):
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)) * 4)
""",
    "memory-hog-in-a-child": """
def model_fn(home):
    child = os.fork()
    if not child:
        held = []
        while True:
            held.append(bytearray(os.urandom(1 << 20)) * 4)
    told(child=os.waitpid(child, 0)[1])
""",
    "disk-filler": """
def model_fn(home):
    for place in PLACES:
        written, error = 0, ""
        try:
            for number in range(10000):
                with open("%s/filler%d" % (place, number), "wb", 0) as file:
                    for _ in range(16):
                        written += file.write(bytes(1 << 20))
        except OSError as problem:
            error = problem.strerror
        told(place=place, written=written, error=error)
        for number in range(10000):
            try:
                os.remove("%s/filler%d" % (place, number))
            except OSError:
                break
""",
    "holds": "def model_fn(home):\n    held = bytearray(os.urandom(1 << 20)) * 60\n    time.sleep(1.5)",
    "endless": "def model_fn(home):\n    while True:\n        pass",
    "sleeps": """
def model_fn(home):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)
""",
    "outlives": """
def model_fn(home):
    if os.fork():
        return os.wait()
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(3, 100):
        try:
            os.close(number)
        except OSError:
            pass
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)", "MARK"])
""",
    "reads": """
def model_fn(home):
    for place in PLACES:
        told(place=place, saw=tried(lambda: open(place, errors="replace").read()))
    told(home=tried(lambda: os.listdir(os.path.expanduser("~"))))
    told(environment=dict(os.environ), processes=tried(lambda: len([p for p in os.listdir("/proc") if p.isdigit()])))
    told(disks=tried(lambda: [d for d in os.listdir("/dev") if d[:2] in ("sd", "vd", "nv")]))
""",
    "network": """
def model_fn(home):
    for address in PLACES:
        host, port = address.rsplit(":", 1)
        told(address=address, saw=tried(lambda: socket.create_connection((host, int(port)), 1) and "connected"))
    told(name=tried(lambda: socket.getaddrinfo("example.com", 80)))
    told(docker=tried(lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")))
    told(interfaces=[name for _, name in socket.if_nameindex()])
""",
    "mounts": """
def model_fn(home):
    libc = ctypes.CDLL(None, use_errno=True)
    for place in (home, home + "/code", os.path.dirname(sys.argv[0]), "/usr", "/etc", "/"):
        told(place=place, write=tried(lambda: open(place + "/new", "w")), chmod=tried(lambda: os.chmod(place, 0o777)))
        told(remount=libc.mount(None, place.encode(), None, 32 | 4096, None), place=place)
    told(old=tried(lambda: open(home + "/code/inference.py", "a")), gone=tried(lambda: os.remove(home + "/model.bin")))
    told(unmount=libc.umount2(home.encode(), 2), chroot=tried(lambda: os.chroot("/tmp")))
    told(device=tried(lambda: os.mknod("/tmp/disk", 0o60660, os.makedev(254, 0))), unshare=libc.unshare(0x20000))
""",
    "floods-output": "def model_fn(home):\n    while True:\n        os.write(1, bytes(1 << 16))",
    "floods-log": "def model_fn(home):\n    while True:\n        sys.stderr.write('flood ' * 10000)",
    "forges": """
def model_fn(home):
    for line in ("result", "failure", "usage"):
        text = json.dumps({"kind": line, "value": {"forged": True}, "line": "forged", "peak": 1})
        print(text)
        print("nonce " + text)
        for fd in (1, 2, 3, 4, 5, 6):
            try:
                os.write(fd, ("0" * 32 + " " + text + "\\n").encode())
            except OSError:
                pass
    os._exit(0)
""",
    "forges-with-the-nonce": """
def model_fn(home):
    words = open("/proc/self/cmdline").read().split("\\0")
    nonce = next(word for word in words if len(word) == 32)
    for fd in range(3, 20):
        try:
            os.write(fd, (nonce + ' {"kind": "result", "value": {"forged": true}}\\n').encode())
        except OSError:
            pass
""",
    "paints": "def model_fn(home):\n    sys.stderr.write('\\x1b[31mred\\x1b[0m \\x07 50%\\r100%\\n')",
    "exits": "def model_fn(home):\n    os._exit(7)",
    "exits-well": "def model_fn(home):\n    os._exit(0)",
    "kills-its-parents": """
def model_fn(home):
    for pid in (os.getppid(), 1, -1):
        told(pid=pid, saw=tried(lambda: os.kill(pid, signal.SIGKILL)))
    time.sleep(0.3)
""",
    "kills-its-parent": "def model_fn(home):\n    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(60)",
    "segfaults": "def model_fn(home):\n    ctypes.string_at(0)",
    "aborts": "def model_fn(home):\n    os.abort()",
}


def artifact(folder: Path, name: str, *, places=(), mark: str = "") -> Path:
    """A model's folder with one of the handlers."""
    (folder / "code").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights")
    text = f"{HEAD}\nPLACES = {list(map(str, places))!r}\n{HANDLERS[name].replace('MARK', mark)}\n"
    (folder / "code" / "inference.py").write_text(text)
    return folder


def running(mark: str) -> list[int]:
    """The processes of this machine that have a mark on their command line."""
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and mark.encode() in _command_line(p)]


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes() if process.name != str(os.getpid()) else b""
    except OSError:
        return b""


def as_in_a_terminal() -> None:
    """Let signals end a process: a shell's background job, and nohup's, begins with them ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


# Artifacts that end their own process: how that is told, with which exit status and signal.
ENDS = [
    ("exits", Ended.EXITED, 7, 0),
    ("exits-well", Ended.EXITED, 0, 0),
    ("segfaults", Ended.SIGNALLED, 0, signal.SIGSEGV),
    ("aborts", Ended.SIGNALLED, 0, signal.SIGABRT),
]


def was_stopped_for_flooding(process: Process, limits: Limits) -> None:
    """What every sandbox tells of an artifact that writes without end."""
    assert process.ended is Ended.FLOODED and process.seconds < 4
    assert len(process.said) <= limits.output and len(process.log) < 1 << 18
    assert process.tried == ("wrote more than 1 MiB to its standard streams",)

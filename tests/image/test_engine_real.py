"""A real engine's images: what it saves, and what a container of it says of itself, are the same."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import sysconfig
import tarfile
import threading
import time
from pathlib import Path

import pytest

from doctor.image import container, engine, read
from doctor.image.covered import covered
from doctor.image.value import Entry
from tests.image.engine import Images, docker, running
from tests.image.saving import distribution, layer

pytestmark = pytest.mark.skipif(
    not running(), reason="no container engine here, so NONE of the tests with a real one ran: start dockerd"
)
SITE = "usr/lib/python3/dist-packages"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def images():
    made = Images()
    yield made
    made.remove()


def python_root() -> bytes:
    """A layer with this Python, its standard library and the C library: enough for a container that runs it."""
    home = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        program = Path(sys.executable).resolve()
        for library in libraries(program, *Path(sysconfig.get_config_var("DESTSHARED")).glob("*.so")):
            archive.add(library, str(library))
        archive.add(program, f"{home}/bin/{name}")
        archive.add(sysconfig.get_path("stdlib"), f"{home}/lib/{name}", filter=without_tests)
        for link, target in (("usr/bin/python3", f"{home}/bin/{name}"), ("bin", "usr/bin")):
            info = tarfile.TarInfo(link)
            info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
            archive.addfile(info)
        info = tarfile.TarInfo("etc")  # without it, the engine makes one
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(info)
    return buffer.getvalue()


def without_tests(info):
    left_out = ("/test", "/idlelib", "/site-packages", "/__pycache__", "/ensurepip", "/config-3", "/tkinter")
    return None if any(part in info.name for part in left_out) else info


def libraries(*programs: Path) -> set[Path]:
    """What the loader finds for programs, and the loader."""
    found = set()
    for program in programs:
        said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        found |= {Path(word) for line in said.splitlines() for word in line.split() if word.startswith("/")}
    return found


@pytest.fixture(scope="module")
def base(images):
    """An image with a Python, made without anything from outside."""
    return images.imported(python_root(), "ENV PATH=/usr/bin")


def seen(name: str):
    one = engine.find(name)
    assert one is not None
    image = engine.read(one)
    assert one.how == ["probed"], one.how
    assert leftovers(name) == ""
    return image


def saved(name: str, folder: Path):
    docker("save", "-o", folder / "image.tar", name)
    return read(str(folder / "image.tar"))


def leftovers(name: str) -> str:
    """Containers of an image that the probe left; others may run the same tests."""
    return docker("ps", "-aq", "--filter", f"label={container.LABEL}", "--filter", f"ancestor={name}")


def facts(image):
    """Everything that is known of an image's files, without what no container sees."""
    kept = {path: image.data(path) for path in image.kept("")}
    above = {p[:at] for p in image.files for at in range(len(p)) if p[at] == "/"}
    implied = {path: Entry("directory", 0, 0o755) for path in above}  # layers needn't list their folders
    return [
        {path: said for path, said in part.items() if not covered(path)}
        for part in ({**implied, **image.files}, kept, image.libraries)
    ]


LINES = (
    "COPY files /",
    'ENTRYPOINT ["/srv/start.sh", "serve"]',
    "ENV A=b=c",
    "LABEL k=v",
    "EXPOSE 8080",
)


def files(folder: Path) -> Path:
    """Files of every kind."""
    root = folder / "files"
    for path, data in {
        "srv/start.sh": b"#!/bin/sh\nexec python3 -m server\n",
        "srv/big": bytes(3 << 20),
        "srv/empty.sh": b"",
        "srv/näme with space": b"x",
        distribution(SITE, "six", "1.16.0")[0]: distribution(SITE, "six", "1.16.0")[1],
        "etc/os-release": b"ID=debian\n",
        "srv/not.so": b"no ELF",
        "srv/cut.so.1": b"\x7fELF\2\1\1" + bytes(30),
    }.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    for path in ("srv/start.sh", "srv/empty.sh"):
        (root / path).chmod(0o755)
    (root / "srv/start.sh").chmod(0o4755)
    (root / "srv/link").symlink_to("start.sh")
    (root / "srv/gone").symlink_to("/nowhere")
    return root


def test_the_probe_says_what_the_engine_saves(images, base, tmp_path):
    files(tmp_path)
    name = images.built(tmp_path, f"FROM {base}", *LINES)
    by_probe, by_save = seen(name), saved(name, tmp_path)
    assert facts(by_probe) == facts(by_save)
    assert by_probe.libraries and by_probe.data("srv/start.sh").startswith(b"#!/bin/sh")
    assert by_probe.libraries["srv/not.so"] is None
    for field in ("entrypoint", "command", "variables", "labels", "ports", "user", "working_directory", "names"):
        assert getattr(by_probe, field) == getattr(by_save, field)
    assert [one.digest for one in by_probe.layers] == [one.digest for one in by_save.layers]


def test_a_stream_says_what_is_saved(base, tmp_path):
    one = engine.find(base)
    by_stream, by_save = engine.read(one, probe=False), saved(base, tmp_path)
    assert facts(by_stream) == facts(by_save)
    assert one.how == ["saved"]
    assert [(x.digest, x.full) for x in by_stream.layers] == [(x.digest, x.full) for x in by_save.layers]


@pytest.mark.parametrize("user", ["1000", "0"])
def test_what_the_images_user_may_not_read_is_told_all_the_same(images, base, tmp_path, user):
    change = io.BytesIO()
    with tarfile.open(fileobj=change, mode="w") as archive:
        for path, mode, owner, data in (
            ("private", 0o700, 7, None),
            ("private/inner", 0o755, 7, None),
            ("private/inner/start.sh", 0o755, 7, b"#!/bin/sh\n"),
            ("private/inner/again.sh", 0o755, 7, "= private/inner/start.sh"),
            ("listed", 0o744, 7, None),
            ("listed/x.sh", 0o755, 7, b"#!/bin/sh\n"),
            ("own.sh", 0o700, 7, b"#!/bin/sh\n"),
            ("srv/own.so", 0o700, 7, b"\x7fELF"),
        ):
            info = tarfile.TarInfo(path)
            info.mode, info.uid, info.gid = mode, owner, owner
            if data is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(data, str):
                info.type, info.linkname = tarfile.LNKTYPE, data[2:]
            else:
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data if isinstance(data, bytes) else b""))
    (tmp_path / "change.tar").write_bytes(change.getvalue())
    name = images.built(tmp_path, f"FROM {base}", "ADD change.tar /", f"USER {user}")
    by_probe = seen(name)
    assert facts(by_probe) == facts(saved(name, tmp_path))
    assert by_probe.data("private/inner/again.sh") == by_probe.data("own.sh") == b"#!/bin/sh\n"
    assert by_probe.files["private/inner/start.sh"].owner == 7


def test_hard_links_and_whiteouts(images, base, tmp_path):
    links = layer(("srv/a.sh", b"#!/bin/sh\n"), ("srv/b.sh", "= srv/a.sh"), ("old/x", b"1"))
    (tmp_path / "links.tar").write_bytes(links)
    first = images.built(tmp_path, f"FROM {base}", "ADD links.tar /")
    code = "import os; os.remove('/old/x'); os.rename('/srv/b.sh', '/srv/c.sh')"
    name = images.built(tmp_path, f"FROM {first}", f'RUN ["python3", "-c", "{code}"]')
    by_probe = seen(name)
    assert facts(by_probe) == facts(saved(name, tmp_path))
    assert by_probe.files["srv/c.sh"].kind == "file" and "old/x" not in by_probe.files


def falls_back(name: str, why: str):
    one = engine.find(name)
    image = engine.read(one)
    assert one.how[-1] == "saved" and why in one.how[0], one.how
    assert leftovers(name) == ""
    return image


def test_an_image_without_python(images):
    name = images.imported(layer(("bin/sh", b"x"), distribution(SITE, "six", "1.16.0")))
    assert falls_back(name, "no Python").data(f"{SITE}/six-1.16.0.dist-info/METADATA")


def test_an_image_of_another_architecture(images, tmp_path):
    name = images.imported(layer(("usr/bin/python3", b"\x7fELF\2\1\1" + bytes(11) + b"\xb7\0" + bytes(100))))
    assert falls_back(name, "").files["usr/bin/python3"].kind == "file"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import os; os.write(1, b'hello' * 4)", "an answer of"),
        ("import os; os.write(1, bytes(7) + b'\\x04abcd')", "damaged"),
        ("import os; os.write(1, bytes(8))", "ends early"),
        ("import os; os.write(2, b'refused')", "refused"),
        ("import struct, os, zlib; d = zlib.compress(bytes(300 << 20)); "
         "os.write(1, struct.pack('>Q', len(d)) + d + bytes(8))", "more than"),
        ("import struct, os, zlib; d = zlib.compress(b'../x\\0f 1 2 3\\0\\0'); "
         "os.write(1, struct.pack('>Q', len(d)) + d + bytes(8))", "no path"),
        ("import os, time\nwhile True: os.write(1, bytes(7) + b'\\x01x' + bytes(70000))", ""),
    ],
)  # fmt: skip
def test_what_a_container_says_is_not_believed(images, base, monkeypatch, body, why):
    monkeypatch.setattr(container, "_program", lambda: body)
    monkeypatch.setattr(container, "_MOST", 64 << 20)
    assert falls_back(base, why).libraries


def test_a_container_that_hangs_is_removed_in_time(base, monkeypatch):
    monkeypatch.setattr(container, "_program", lambda: "import time; time.sleep(100)")
    monkeypatch.setattr(container, "_SECONDS", 2)
    start = time.monotonic()
    assert falls_back(base, "").libraries
    assert time.monotonic() - start < 60


def test_a_container_is_locked_down(base, monkeypatch):
    code = """
import os, socket
said = []
for what in (
    lambda: open('/x', 'w'), lambda: open('/tmp/x', 'w'), lambda: os.chroot('/'),
    lambda: socket.create_connection(('1.1.1.1', 53), 1), lambda: os.setuid(5),
    lambda: os.mknod('/dev/x', 0o20600, os.makedev(1, 3)),
):
    try:
        what(); said.append('did it')
    except Exception as error:
        said.append(type(error).__name__)
words = open('/proc/self/status').read().split()
said.append(' '.join(words[words.index(key) + 1] for key in ('CapEff:', 'CapPrm:', 'CapBnd:', 'NoNewPrivs:')))
mounts = sorted(line.split()[4] for line in open('/proc/self/mountinfo'))
said.append(' '.join(m for m in mounts if not m.startswith(('/proc', '/sys', '/dev', '/etc'))))
os.write(2, '|'.join(said).encode())
"""
    monkeypatch.setattr(container, "_program", lambda: code)
    one = engine.find(base)
    engine.read(one)
    said = one.how[0].partition("it ended: ")[2].split("|")
    assert len(said) == 8 and "did it" not in said, said
    assert said[-2] == " ".join(["0" * 16] * 3 + ["1"])
    assert said[-1] == "/"


def test_the_container_is_removed_when_the_user_stops(base, monkeypatch):
    monkeypatch.setattr(container, "_program", lambda: "import time; time.sleep(100)")

    def stop_once_it_runs():
        for _ in range(600):
            if leftovers(base):
                time.sleep(1)
                return os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
        return None

    threading.Thread(target=stop_once_it_runs, daemon=True).start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            engine.read(engine.find(base))
    finally:
        signal.signal(signal.SIGINT, before)
    assert leftovers(base) == ""


def test_declared_volumes(images, base, tmp_path):
    name = images.built(tmp_path, f"FROM {base}", "VOLUME /data")
    assert falls_back(name, "volumes").libraries


def test_a_second_run_asks_for_nothing(base):
    seen(base)
    one = engine.find(base)
    assert engine.read(one).libraries and one.how == []


def test_what_is_not_there(tmp_path):
    assert engine.find("doctor-test-absent:1") is None


def test_health_checks_and_entry_points_do_not_run(images, base, tmp_path):
    lines = (
        'ENTRYPOINT ["python3", "-c", "import time; time.sleep(99)"]',
        "HEALTHCHECK --interval=1s CMD python3 -c 1",
    )
    assert seen(images.built(tmp_path, f"FROM {base}", *lines)).libraries

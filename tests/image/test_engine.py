"""An image in a container engine: each way of reading it says the same, and what goes wrong is one line."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from doctor.errors import BadInput
from doctor.image import cache, engine, environment
from doctor.image.engine import NoEngine
from tests.image.engine import Fake, archive, digest, inspected
from tests.image.saving import layer
from tests.image.test_saved import BASE, CHANGE, SITE

LEGACY = [("a1/VERSION", b"1.0"), ("a1/json", b"{}"), ("a1/layer.tar", BASE), ("b2/layer.tar", CHANGE)]
ENDS = [("config.json", b"{}"), ("manifest.json", b"[]"), ("repositories", b"{}")]


def blobs(*datas: bytes) -> list[tuple[str, bytes]]:
    return [(f"blobs/sha256/{digest(data)[7:]}", data) for data in sorted(datas, key=digest)]


FORMS = {
    "legacy": archive(*LEGACY, *ENDS),
    "layout": archive(*blobs(b"{}", CHANGE, BASE), ("index.json", b"{}"), *ENDS, ("oci-layout", b"{}")),
    "compressed": archive(*blobs(gzip.compress(BASE), gzip.compress(CHANGE), b'{"a": 1}'), ("index.json", b"{}")),
    "another beside": archive(*blobs(gzip.compress(layer(("x", b"x"))), gzip.compress(BASE), gzip.compress(CHANGE))),
}


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """A cache of its own for each test, and no engine but the one that it names."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("DOCKER_CONTEXT", "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/e.sock")
    with Fake(tmp_path / "e.sock", inspected(BASE, CHANGE), FORMS["legacy"]) as one:
        yield one


def found(reference: str = "a:1"):
    one = engine.find(reference)
    assert one is not None
    return one


def bytes_of(tar):
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return sum(member.size for member in archive if member.isreg() and "/.wh." not in member.name)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_saved_stream_says_the_same(fake, form):
    fake.saved = FORMS[form]
    image = engine.read(found(), probe=False)
    assert [p for p in image.files if p.startswith("srv/")] == ["srv/old/c", "srv/linked"]
    assert image.data("etc/os-release") == b"ID=debian\n"
    assert image.entrypoint == ("/opt/venv/bin/serve",)
    assert (image.user, image.architecture, image.names) == ("model", "amd64", ("a:1",))
    assert [one.digest for one in image.layers] == [digest(BASE), digest(CHANGE)]
    assert [one.full for one in image.layers] == [bytes_of(BASE), bytes_of(CHANGE)]
    assert environment(image).packages == {"numpy": "2.1.3", "flask-login": "0.6.3"}


def test_an_engine_that_runs_no_container_saves(fake):
    one = found()
    assert engine.read(one).files[f"{SITE}/numpy/__init__.py"].kind == "file"
    assert [how.partition(":")[0] for how in one.how] == ["not probed", "saved"]


def test_what_is_kept_is_not_saved_again(fake):
    engine.read(found(), probe=False)
    fake.asked.clear()
    image = engine.read(found())
    assert not any(path.endswith("/get") for path in fake.asked)
    assert image.data("etc/os-release") == b"ID=debian\n"


def test_only_missing_layers_are_read(fake, monkeypatch):
    fake.saved = FORMS["layout"]
    engine.read(found(), probe=False)
    fake.said = inspected(BASE, layer(("new", b"")))
    fake.saved = archive(*blobs(b"not a tar of this digest".ljust(1024, b"x"), layer(("new", b""))))
    assert "new" in engine.read(found(), probe=False).files


def test_where_nothing_can_be_kept_it_is_read_as_well(fake, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/no")
    assert engine.read(found(), probe=False).data("etc/os-release")


def test_the_form_under_which_it_is_stored_is_told(fake):
    kind = "application/vnd.oci.image.index.v1+json"
    manifests = [{"Kind": "image"}, {"Kind": "attestation"}]
    fake.said = inspected(BASE, CHANGE, Descriptor={"mediaType": kind}, Manifests=manifests)
    image = engine.read(found(), probe=False)
    assert (image.manifests, image.attested, image.media_type) == ((kind,), True, "")


@pytest.mark.parametrize("reference", ["absent:1", "not a reference", "a:1@sha256:x", "../../secrets"])
def test_what_it_does_not_have_is_none(fake, reference):
    assert engine.find(reference) is None


@pytest.mark.parametrize(
    ("asked", "name"),
    [("a:1", "a:1"), ("a", "a:latest"), ("docker.io/a:1", "a:1"), ("docker.io/library/a", "a:latest"), ("1b2c", "")],
)
def test_the_tag_is_the_one_that_was_asked_for(fake, asked, name):
    fake.said["RepoTags"] = ["b:1", "a:latest", "a:1"]
    one = found()
    one.reference = asked
    assert engine.described(one).names == ((name,) if name else ())


def line(problem) -> str:
    text = str(problem.value)
    assert "\n" not in text and len(text) < 600
    return text


@pytest.mark.parametrize("ends", [0, 100, 3000, len(FORMS["legacy"]) // 2])
def test_an_engine_that_stops_midway(fake, ends):
    fake.ends = ends
    with pytest.raises(BadInput, match=r"--image a:1: .*(stopped answering|ends|not in what it saves)") as problem:
        engine.read(found(), probe=False)
    line(problem)


def test_a_damaged_layer_is_not_kept(fake, tmp_path):
    fake.saved = archive(("a1/layer.tar", BASE[:-600] + b"x" * 600), ("b2/layer.tar", CHANGE))
    with pytest.raises(BadInput, match=f"layer {digest(BASE)} is not in what it saves") as problem:
        engine.read(found(), probe=False)
    line(problem)
    assert cache.load(digest(BASE), frozenset({"serve"})) is None
    assert cache.load(digest(CHANGE), frozenset({"serve"})) is not None


@pytest.mark.parametrize("said", [b"{", b"[]", b"{}", b'{"RootFS": 1, "Id": "x"}', b'"x"'])
def test_an_answer_that_describes_no_image(fake, said):
    fake.said = said
    with pytest.raises(BadInput, match="no description of an image") as problem:
        engine.find("a:1")
    line(problem)


def test_what_the_engine_says_is_passed_on(fake):
    fake.refuses = "unable to create manifests file: no space left on device"
    with pytest.raises(BadInput, match="no space left on device") as problem:
        engine.read(found(), probe=False)
    line(problem)


def test_no_engine_is_not_an_error_of_the_image(tmp_path, monkeypatch):
    monkeypatch.setattr("doctor.image.daemon.SOCKET", str(tmp_path / "absent.sock"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(NoEngine, match="no container engine here") as problem:
        engine.find("a:1")
    line(problem)


def test_without_an_engine_nothing_is_imported(tmp_path):
    code = (
        "import sys\nfrom doctor.image import daemon, engine\n"
        f"daemon.SOCKET = {str(tmp_path / 'absent.sock')!r}\n"
        "try:\n    engine.find('a:1')\nexcept engine.NoEngine:\n    print('docker' in sys.modules)"
    )
    bare = {**os.environ, "DOCKER_CONFIG": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, check=True, text=True)
    assert said.stdout == "False\n"


def test_a_socket_on_which_nobody_listens(tmp_path, monkeypatch):
    place = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place))
    monkeypatch.setattr("doctor.image.daemon.SOCKET", str(place))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(NoEngine, match="Connection refused"):
        engine.find("a:1")


def test_a_named_engine_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    with pytest.raises(BadInput, match=r"no container engine at unix://.*absent.sock") as problem:
        engine.find("a:1")
    assert not isinstance(problem.value, NoEngine)
    line(problem)


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:1", "nonsense://x", "tcp://127.0.0.1:notaport"])
def test_a_host_that_is_none(monkeypatch, host):
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(BadInput) as problem:
        engine.find("a:1")
    assert not isinstance(problem.value, NoEngine)
    assert host in line(problem)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="sockets here have no permissions")
@pytest.mark.parametrize("named", [True, False])
def test_no_permission_on_the_socket(fake, tmp_path, monkeypatch, named):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    with pytest.raises(BadInput):  # so that all is imported before the user changes
        engine.find("a:1")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{fake.path}" if named else "")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    monkeypatch.setattr("doctor.image.daemon.SOCKET", str(fake.path))
    fake.path.chmod(0)
    me = os.geteuid()
    try:
        tmp_path.chmod(0o755)
        if me == 0:
            os.seteuid(65534)
        with pytest.raises(BadInput, match=r"no permission on unix://.*; add your user to the group docker") as problem:
            engine.find("a:1")
    finally:
        os.seteuid(me)
    assert isinstance(problem.value, NoEngine) is not named
    line(problem)


def context(folder: Path, name: str, host: str) -> None:
    """A context as `docker context create` writes it."""
    import hashlib

    place = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    place.mkdir(parents=True)
    said = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    (place / "meta.json").write_text(json.dumps(said))


@pytest.mark.parametrize("by", ["variable", "configuration"])
def test_a_context_names_the_engine(fake, tmp_path, monkeypatch, by):
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    context(tmp_path, "mine", f"unix://{fake.path}")
    (tmp_path / "config.json").write_text("{}" if by == "variable" else '{"currentContext": "mine"}')
    if by == "variable":
        monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    assert found().place == f"unix://{fake.path}"


@pytest.mark.parametrize("damaged", [True, False])
def test_a_context_that_is_not_there(tmp_path, monkeypatch, damaged):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    (tmp_path / "config.json").write_text("{}")
    context(tmp_path, "mine" if damaged else "another", "unix:///x")
    for file in tmp_path.rglob("meta.json"):
        file.write_text("{")
    with pytest.raises(BadInput, match="context mine") as problem:
        engine.find("a:1")
    assert not isinstance(problem.value, NoEngine)
    line(problem)

"""One image of a Debian root and a serving stack, from an engine, a saved tar, an OCI layout and a registry."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import uuid
from functools import partial

import pytest
from click.testing import CliRunner

from doctor.cli import main
from doctor.image import engine, locating
from tests.image.debian import debian_root
from tests.image.engine import docker, running
from tests.image.registry import debian_registry, docker_config, needs_registry

USER, PASSWORD = "reader", "s3cret"
STACK = ("gunicorn==23.0.0", "flask==3.1.2", "numpy==2.1.3", "scikit-learn==1.7.2")
DOCKERFILE = """\
FROM {base}
COPY wheels /wheels
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install -q --no-index --find-links /wheels {stack} && rm -r /wheels
RUN rm /opt/venv/lib/python3.11/site-packages/flask/cli.py
RUN mkdir -p /srv/a && touch /srv/a/b && ln /etc/fstab /srv/tab
RUN rm -r /srv/a && mkdir /srv/a && touch /srv/a/c
COPY serve /opt/venv/bin/serve
RUN chmod 755 /opt/venv/bin/serve
ENV PATH=/opt/venv/bin:/usr/bin:/bin
EXPOSE 8080
USER nobody
WORKDIR /srv
LABEL com.amazonaws.sagemaker.capabilities.multi-models=true
ENTRYPOINT ["serve"]
"""
SERVE = "#!/opt/venv/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n"
# What depends on where an image is kept rather than on what it is.
KEPT = ("image", "media_type")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The image in a real engine."""
    if not running():
        pytest.skip("NOT TESTED: no Docker engine answers")
    root = debian_root("python3-venv")
    folder, name = tmp_path_factory.mktemp("build"), f"doctor-test-{uuid.uuid4().hex[:8]}:1"
    base = docker("import", root, f"{name}-base")
    download = ["download", "-q", "--python-version", "3.11", "--only-binary", ":all:", "-d", str(folder / "wheels")]
    subprocess.run([sys.executable, "-m", "pip", *download, *STACK], check=True)
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=base, stack=" ".join(STACK)))
    (folder / "serve").write_text(SERVE)
    docker("build", "-q", "--network", "none", "-t", name, folder)
    yield name
    docker("rmi", "-f", name, f"{name}-base")


@pytest.fixture(scope="module")
def kept(built, tmp_path_factory):
    """The same image in all places, by what ``--image`` calls it."""
    needs_registry()
    folder = tmp_path_factory.mktemp("kept")
    docker("save", "-o", folder / "image.tar", built)
    copy = ["skopeo", "--insecure-policy", "copy", "-q"]
    subprocess.run([*copy, f"docker-archive:{folder}/image.tar", f"oci:{folder}/oci:one"], check=True)
    with debian_registry(folder / "registry", USER, PASSWORD) as host:
        login = ["--dest-tls-verify=false", "--dest-creds", f"{USER}:{PASSWORD}"]
        subprocess.run([*copy, *login, f"oci:{folder}/oci:one", f"docker://{host}/team/model:1"], check=True)
        said = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        yield (
            {
                "engine": f"docker:{built}",
                "streamed": f"docker:{built}",
                "saved": f"docker-archive:{folder}/image.tar",
                "oci": f"oci:{folder}/oci:one",
                "registry": f"registry:{host}/team/model:1",
            },
            docker_config(folder / "docker", auths={host: {"auth": said}}),
        )


@pytest.fixture
def seen(kept, tmp_path, monkeypatch):
    """What is seen of the image in each place, nothing of it from the cache."""
    places, configuration = kept
    found = {}
    for place, name in places.items():
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / place))
        if place == "streamed":  # the engine again, and no container
            monkeypatch.setattr(engine, "read", partial(engine.read, probe=False))
        if place == "registry":
            monkeypatch.setenv("DOCKER_CONFIG", configuration)
        found[place] = locating.read(name), inspected(name)
    return found


def inspected(name):
    done = CliRunner().invoke(main, ["inspect", name, "--format", "json"])
    assert done.exit_code == 0, done.output
    row = json.loads(done.output)
    for layer in row["layers"]:
        del layer["bytes"]  # as stored
    return {k: v for k, v in row.items() if k not in KEPT}


def digests(row):
    return [layer["digest"] for layer in row["layers"]]


def test_all_places_give_the_same_facts(seen, built):
    probed, facts = seen["engine"]
    for place, (image, row) in seen.items():
        assert {**row, "layers": digests(row)} == {**facts, "layers": digests(facts)}, place
        assert image.files == probed.files, place
        assert image.libraries == probed.libraries, place
        assert {p: image.data(p) for p in image.kept("")} == {p: probed.data(p) for p in probed.kept("")}, place
    # What a layer's files take isn't seen from inside a container.
    sizes = [[layer["unpacked"] for layer in row["layers"]] for place, (_, row) in seen.items() if place != "engine"]
    assert all(row == sizes[0] and min(row) >= 0 for row in sizes)
    assert facts["user"] == "nobody"
    assert facts["ports"] == ["8080/tcp"]
    assert "srv/a/b" not in probed.files
    assert "srv/a/c" in probed.files
    assert probed.files["srv/tab"].kind == "file"
    assert "opt/venv/lib/python3.11/site-packages/flask/cli.py" not in probed.files
    assert "gunicorn" in {s["name"] for s in facts["servers"]}


def test_the_packages_are_those_that_pip_lists(seen, built):
    listed = docker("run", "--rm", "--network", "none", "--entrypoint", "pip", built, "list", "--format", "json")
    said = {row["name"].lower().replace("_", "-"): row["version"] for row in json.loads(listed)}
    for place, (_, row) in seen.items():
        assert row["packages"] == said, place


def test_the_second_time_nothing_is_read_again(kept, tmp_path, monkeypatch):
    places, _ = kept
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = inspected(places["saved"])
    from doctor.image import verified

    monkeypatch.setattr(verified, "read", lambda *_: pytest.fail("a layer was read again"))
    assert inspected(places["saved"]) == inspected(places["oci"]) == inspected(places["engine"]) == first


def test_a_damaged_cache_is_made_again(kept, tmp_path, monkeypatch):
    places, _ = kept
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = inspected(places["saved"])
    layers = sorted(tmp_path.rglob("*.json"))
    assert layers
    for number, path in enumerate(layers):
        data = path.read_bytes()
        path.write_bytes((data[: len(data) // 2], b"", data.replace(b"numpy", b"mumpy"), b"\0" * 100)[number % 4])
    assert inspected(places["saved"]) == first


def test_the_engine_itself_runs_what_was_found(built):
    shown = docker(
        "run", "--rm", "--network", "none", "--entrypoint", "python", built, "-c", "import sklearn, gunicorn; print(1)"
    )
    assert shown == "1"
    assert shutil.which("docker")

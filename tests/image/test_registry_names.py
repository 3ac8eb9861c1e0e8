"""Which texts are references, and where they lead."""

from __future__ import annotations

import subprocess
import sys

import pytest

from doctor.image.registry import is_reference
from doctor.image.registry_names import Reference, is_loopback, parsed

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "expected", "base"),
    [
        ("python", ("docker.io", "library/python", "latest", ""), "https://registry-1.docker.io"),
        ("python:3.11", ("docker.io", "library/python", "3.11", ""), "https://registry-1.docker.io"),
        ("docker.io/python:3", ("docker.io", "library/python", "3", ""), "https://registry-1.docker.io"),
        ("pytorch/torchserve", ("docker.io", "pytorch/torchserve", "latest", ""), "https://registry-1.docker.io"),
        (f"python@{DIGEST}", ("docker.io", "library/python", "", DIGEST), "https://registry-1.docker.io"),
        ("localhost/a", ("localhost", "a", "latest", ""), "http://localhost"),
        ("127.0.0.1:5000/a/b:c", ("127.0.0.1:5000", "a/b", "c", ""), "http://127.0.0.1:5000"),
        ("[::1]:5000/a", ("[::1]:5000", "a", "latest", ""), "http://[::1]:5000"),
        ("host.example:5000/a", ("host.example:5000", "a", "latest", ""), "https://host.example:5000"),
        (f"host.example/a/b:1@{DIGEST}", ("host.example", "a/b", "1", DIGEST), "https://host.example"),
    ],
)
def test_references(text, expected, base):
    place = parsed(text)
    assert place == Reference(*expected)
    assert place.base == base
    assert is_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "./image", "/images/image", "../a", "a//b", "a/", "Python:3.11", "s3://bucket/key", "https://host.example/a",
        "image.tar", "model.tar.gz", "a b", "a:", "a@", "a@sha256:123", "a@md5:" + "0" * 32, "host.example/A",
        "a:" + "t" * 129, "a/" * 200 + "a", "host.example/a?b", "host.example/../a", "user:password@host.example/a",
        "a\n", "é",
    ],
)  # fmt: skip
def test_what_is_no_reference(text):
    assert not is_reference(text)


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "127.0.0.1", "127.8.9.1:5000", "[::1]", "[::1]:5000"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1.example", "localhost.example", "128.0.0.1", "[::2]", "10.0.0.1", ""])
def test_other_machines(host):
    assert not is_loopback(host)


def test_nothing_heavy_is_imported_before_a_registry_is_asked():
    program = "import sys, doctor.image.registry as r; r.Registry('python:3.11'); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"'requests'", "'urllib3'", "'docker'", "'boto3'"} & set(done.stdout.strip("[]\n").split(", "))

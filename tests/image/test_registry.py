"""Registries that fail, mislead or defend themselves, played by a server of our own."""

from __future__ import annotations

import base64
import gzip
import json
import random
import socket
import ssl
import time

import pytest

from doctor.errors import BadInput
from doctor.image.assembling import assembled
from doctor.image.registry import Registry
from tests.image import registry
from tests.image.registry import INDEX, MANIFEST, Answer, Server, configured, digest_of, docker_config
from tests.image.saving import layer

SMALL = layer(("etc/a", b"1"))
LARGE = layer(("srv/x", random.Random(1).randbytes(3_000_000)), ("srv/y", b"y"))
SECRET = "s3cret"
BASIC = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
LINUX = {"os": "linux", "architecture": "amd64"}


@pytest.fixture(autouse=True)
def configuration(tmp_path, monkeypatch):
    """No test sees the Docker configuration of this machine's user, or what was read of a layer before."""
    monkeypatch.setenv("DOCKER_CONFIG", docker_config(tmp_path / "docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "docker"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Nobody waits; what would have been waited for, in seconds."""
    told = []
    monkeypatch.setattr(time, "sleep", told.append)
    return told


@pytest.fixture
def server():
    with Server() as one:
        yield one


@pytest.fixture
def other():
    with Server() as one:
        yield one


def read(server, name="a/b:1"):
    return assembled(Registry(f"{server.host}/{name}"))


def refusal(server, name="a/b:1") -> str:
    reference = f"{server if isinstance(server, str) else server.host}/{name}"
    with pytest.raises(BadInput) as raised:
        assembled(Registry(reference))
    text = str(raised.value)
    assert text.startswith(f"--image {reference}: ") and text.isprintable() and SECRET not in text
    assert len(text) < 500
    return text


def logged_in(configuration, *hosts, **more):
    entry = more or {"auth": BASIC.removeprefix("Basic ")}
    docker_config(configuration, auths=dict.fromkeys(hosts, entry))


def bearer(server, realm, token="t0ken"):
    """A rule: the registry answers only to a token, and sends to `realm` for it."""
    challenge = f'Bearer realm="{realm}",service="test",scope="repository:a/b:pull,push"'

    def rule(asked):
        if asked.path.startswith("/token"):
            return Answer(200, json.dumps({"token": token}).encode())
        if asked.path.startswith("/v2/") and asked.headers.get("authorization") != f"Bearer {token}":
            return Answer(401, b"{}", {"WWW-Authenticate": challenge})
        return None

    server.rules.append(rule)


# Authentication


def test_an_anonymous_token(server):
    server.image(SMALL)
    bearer(server, f"http://{server.host}/token")
    assert "etc/a" in read(server).files
    tokens = [a for a in server.asked if a.path.startswith("/token")]
    assert [a.path for a in tokens] == ["/token?service=test&scope=repository%3Aa%2Fb%3Apull"]
    assert "authorization" not in tokens[0].headers


def test_a_token_for_credentials(server, other, configuration):
    server.image(SMALL)
    bearer(server, f"http://{other.host}/token?x=1")
    bearer(other, "")
    logged_in(configuration, server.host)
    assert read(server).files
    assert [(a.path.startswith("/token?x=1&service"), a.headers["authorization"]) for a in other.asked] == [
        (True, BASIC)
    ]
    assert not any(a.headers.get("authorization") == BASIC for a in server.asked)


def test_a_token_for_an_identity(server, configuration):
    server.image(SMALL)
    bearer(server, f"http://{server.host}/token")
    logged_in(configuration, server.host, identitytoken=SECRET)
    assert read(server).files
    asked = next(a for a in server.asked if a.method == "POST")
    assert f"refresh_token={SECRET}" in asked.body.decode() and "grant_type=refresh_token" in asked.body.decode()


def test_a_token_that_expires(server):
    server.image(SMALL, LARGE)
    given = iter(["one", "two"])
    valid = []

    def rule(asked):
        if asked.path.startswith("/token"):
            valid[:] = [next(given)]
            return Answer(200, json.dumps({"access_token": valid[0]}).encode())
        if len(server.asked) == 6:
            valid.clear()
        if asked.headers.get("authorization", "")[7:] not in valid:
            return Answer(401, b"", {"WWW-Authenticate": f'bearer realm="http://{server.host}/token"'})
        return None

    server.rules.append(rule)
    assert read(server).files
    assert valid == ["two"]


def test_a_token_that_is_not_good_enough(server, configuration):
    def rule(asked):
        return None if asked.path.startswith("/token") else Answer(401, b"", {"WWW-Authenticate": challenge})

    challenge = f'Bearer realm="http://{server.host}/token"'
    server.rules.append(rule)
    bearer(server, "")
    assert "gives a/b to nobody without credentials, and the Docker configuration has none; check the name," in refusal(
        server
    )
    logged_in(configuration, server.host)
    assert "refuses the credentials of the Docker configuration for a/b" in refusal(server)
    assert len(server.asked) == 6


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 1}', b'{"token": "a\\nb"}', b"[" * 100_000])
def test_a_token_service_that_gives_none(server, body):
    server.rules.append(lambda asked: Answer(200, body) if asked.path.startswith("/token") else None)
    bearer(server, f"http://{server.host}/token")
    assert "what answers there gives none" in refusal(server)


@pytest.mark.parametrize("realm", ["http://host.example/token", "", "file:///etc/passwd", "https://me:x@host.example/"])
def test_credentials_do_not_travel_in_the_clear(server, configuration, realm):
    logged_in(configuration, server.host)
    bearer(server, realm)
    assert "sends for a token to an address that isn't HTTPS" in refusal(server)


def test_a_token_service_that_redirects(server, other, configuration):
    """Credentials stay with the service to which the registry sent; a body isn't sent again at all."""
    server.rules.append(
        lambda asked: (
            Answer(307, b"", {"Location": f"http://{other.host}/token"}) if asked.path.startswith("/token") else None
        )
    )
    bearer(server, f"http://{server.host}/token")
    bearer(other, "")
    server.image(SMALL)
    logged_in(configuration, server.host)
    assert read(server).files
    assert "authorization" not in other.asked[0].headers
    other.asked.clear()
    logged_in(configuration, server.host, identitytoken=SECRET)
    assert "status 307" in refusal(server) and not other.asked


def test_several_ways_to_ask_for_credentials(server):
    realm = f"http://{server.host}/token"
    server.image(SMALL)
    server.rules.append(
        lambda a: (
            Answer(401, b"", {"WWW-Authenticate": f'Negotiate, BEARER realm="{realm}",service=x, Basic realm="y"'})
            if a.path.startswith("/v2/") and a.headers.get("authorization") != "Bearer t0ken"
            else None
        )
    )
    bearer(server, "")
    assert read(server).files
    assert any(a.path.startswith("/token?service=x&scope=") for a in server.asked)


def test_an_unknown_way_to_ask_for_credentials(server, configuration):
    logged_in(configuration, server.host)
    server.rules.append(lambda _: Answer(401, b"", {"WWW-Authenticate": "Negotiate"}))
    assert "in a way that isn't known here" in refusal(server)


def test_netrc_is_not_for_registries(server, other, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text(f"default login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.image(SMALL)
    other.blobs = server.blobs
    server.rules.append(redirected(other))
    assert read(server).files
    assert other.asked and not any("authorization" in a.headers for a in (*server.asked, *other.asked))


# Redirects


def redirected(other, scheme="http"):
    return lambda asked: (
        Answer(307, b"", {"Location": f"{scheme}://{other.host}{asked.path}"}) if "/blobs/" in asked.path else None
    )


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_credentials_stay_with_the_registry(server, other, configuration, kind):
    server.image(SMALL)
    other.blobs = server.blobs
    logged_in(configuration, server.host)
    if kind == "bearer":
        bearer(server, f"http://{server.host}/token")
    else:
        server.rules.append(
            lambda a: (
                Answer(401, b"", {"WWW-Authenticate": "Basic realm=x"}) if "authorization" not in a.headers else None
            )
        )
    server.rules.append(redirected(other))
    assert read(server).files
    assert len(other.asked) == 2 and not any("authorization" in a.headers for a in other.asked)


def test_another_host_gets_no_credentials_by_asking(server, other, configuration):
    server.image(SMALL)
    server.rules.append(redirected(other))
    logged_in(configuration, server.host, other.host)
    other.rules.append(lambda _: Answer(401, b"", {"WWW-Authenticate": "Basic realm=x"}))
    assert "status 401" in refusal(server)
    assert not any("authorization" in a.headers for a in other.asked)


def test_credentials_are_not_taken_up_again_on_the_way_back(server, other, configuration):
    server.image(SMALL)
    logged_in(configuration, server.host)
    server.rules.append(lambda a: Answer(200, b"{}") if a.path == "/secret" else None)
    server.rules.append(
        lambda a: Answer(401, b"", {"WWW-Authenticate": "Basic realm=x"}) if "authorization" not in a.headers else None
    )
    server.rules.append(redirected(other))
    other.rules.append(lambda _: Answer(302, b"", {"Location": f"http://{server.host}/secret"}))
    refusal(server)
    back = [a for a in server.asked if a.path == "/secret"]
    assert back and not any("authorization" in a.headers for a in back)


def test_redirects_without_end(server):
    server.rules.append(lambda asked: Answer(302, b"", {"Location": asked.path}))
    assert "redirects without an end" in refusal(server)
    assert len(server.asked) == 6


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host.example/a", "//[", "http://[x"])
def test_redirects_to_what_is_no_web_address(server, location):
    server.rules.append(lambda _: Answer(302, b"", {"Location": location}))
    refusal(server)


# Retries


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_asks_again(server, waits, status):
    server.image(SMALL)
    answers = [Answer(status, b"", {"Retry-After": "7"})] * 2
    server.rules.append(lambda _: answers.pop() if answers else None)
    assert read(server).files
    assert waits == ([7, 7] if status in {429, 503} else waits)
    assert sum(waits) <= 14


@pytest.mark.parametrize("header", ["86400", "9" * 5000, "Fri, 31 Dec 2100 23:59:59 GMT", "soon", "-1", ""])
def test_how_long_it_waits_is_bounded(server, waits, header):
    server.rules.append(lambda _: Answer(429, b"", {"Retry-After": header}))
    said = refusal(server)
    assert "answers that there were too many requests; try again later" in said
    assert len(server.asked) == 5 and sum(waits) <= 120


def test_a_registry_that_fails(server):
    server.rules.append(lambda _: Answer(503, b'{"errors": [{"code": "UNAVAILABLE", "message": "\x1b[31mnot now"}]}'))
    assert "failed with status 503; try again later" in refusal(server)
    server.rules[0] = lambda _: Answer(500, b'{"errors": [{"code": "UNKNOWN", "message": "\\u001b[31mbad\\nluck"}]}')
    assert "failed with status 500 (UNKNOWN [31mbad luck)" in refusal(server)


@pytest.mark.parametrize(("status", "words"), [(403, "denies access to a/b:1"), (418, "answered with status 418")])
def test_other_statuses(server, status, words):
    server.rules.append(lambda _: Answer(status, b'{"errors": [{"code": "DENIED", "message": "no"}]}'))
    assert words in refusal(server) and "(DENIED no)" in refusal(server)


def test_nobody_there(waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    assert f"{host} can't be reached: Connection refused; check its name and the network" in refusal(host)
    assert sum(waits) < 5
    assert "can't be reached: " in refusal("no-such-host.invalid")


def test_a_server_that_is_no_web_server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        import threading

        def answer():
            while True:
                try:
                    one, _ = listening.accept()
                except OSError:
                    return
                one.sendall(b"SSH-2.0-x\r\n")
                one.close()

        threading.Thread(target=answer, daemon=True).start()
        assert "can't be reached: " in refusal(f"127.0.0.1:{listening.getsockname()[1]}")


# Blobs


def cuts(server, *at):
    """A rule: answers to layers end after so many bytes, one after the other; then they are whole."""
    left = list(at)

    def rule(asked):
        answer = server.held(asked)
        if "/blobs/" in asked.path and len(answer.body) > 100_000 and left:
            return answer._replace(cut=left.pop(0))
        return None

    server.rules.append(rule)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("at", [(1_000_000,), (0,), (1_000_000, 5, 500_000), (1_000_000, 500_000, 700_000, 9, 0)])
def test_what_is_cut_is_asked_for_again(ranges, at, waits):
    with Server(ranges=ranges) as server:
        server.image(LARGE)
        cuts(server, *at)
        assert read(server).files["srv/x"].size == 3_000_000
        asked = [a.headers.get("range") for a in server.asked if "/blobs/" in a.path][1:]
    assert asked[0] is None and len(asked) == len(at) + 1
    assert asked[1] == (f"bytes={at[0]}-" if at[0] else None)
    assert len(waits) == len(at)


def test_what_is_cut_for_ever(server, waits):
    server.image(LARGE)
    cuts(server, *[1000] * 50)
    digest = next(d for d, data in server.blobs.items() if len(data) > 100_000)
    said = refusal(server)
    assert f"breaks off {digest} after 6000 of {len(server.blobs[digest])} bytes, 6 times (" in said
    assert "; try again, or give the file that" in said and sum(waits) < 30


def test_a_range_that_is_another(server):
    server.image(LARGE)
    cuts(server, 1000)
    server.rules.insert(
        0, lambda a: Answer(206, b"x" * 10, {"Content-Range": "bytes 0-9/10"}) if "range" in a.headers else None
    )
    assert read(server).files


def test_the_length_of_a_layer(server):
    server.image(SMALL)
    digest = next(d for d in server.blobs)
    server.rules.append(lambda a: Answer(200, server.blobs[a.path[-71:]] + b"x") if "/blobs/" in a.path else None)
    assert f"where the manifest says {len(server.blobs[digest])}; push the image again" in refusal(server)


def test_no_more_is_read_than_the_manifest_says(server):
    """Without a length a registry could send for ever."""
    server.image(SMALL)
    server.rules.append(
        lambda a: (
            Answer(200, server.blobs[a.path[-71:]] + b"x" * 100_000, {"Content-Length": ""})
            if "/blobs/" in a.path
            else None
        )
    )
    assert read(server).files


def test_peeking(server):
    server.image(LARGE)
    source = Registry(f"{server.host}/a:1")
    with source.open(source.manifest().layers[0]) as file:
        assert file.peek(2)[:2] == b"\x1f\x8b" and not file.seekable()
        assert gzip.decompress(file.read()) == LARGE
        assert file.read() == b""
    source.close()
    source.close()


def test_other_bytes_than_the_digest_says(server):
    server.image(SMALL)
    for digest, data in server.blobs.items():
        if data.startswith(b"\x1f\x8b"):
            server.blobs[digest] = data[:-1] + b"\1"
    assert "not a whole image" in refusal(server) or "digest" in refusal(server)


def test_another_configuration_than_the_digest_says(server):
    server.image(SMALL)
    for digest, data in server.blobs.items():
        server.blobs[digest] = data.replace(b"amd64", b"arm64")
    assert "the bytes of its configuration don't have the digest" in refusal(server)


def test_a_blob_that_is_not_there(server):
    server.image(SMALL)
    digest = next(d for d, data in server.blobs.items() if data.startswith(b"\x1f\x8b"))
    del server.blobs[digest]
    assert f"has no blob {digest} in a/b (BLOB_UNKNOWN unknown to registry)" in refusal(server)


def test_foreign_layers(server, other):
    """Their addresses elsewhere are never asked, only the registry is."""
    kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    kept = {**server.blob(gzip.compress(SMALL, mtime=0)), "mediaType": kind}
    kept["urls"] = [f"http://{other.host}/layer"]
    config = server.blob(json.dumps(configured(SMALL)).encode())
    server.manifest({"schemaVersion": 2, "config": config, "layers": [kept]}, "1")
    assert read(server).files
    assert any(a.method == "HEAD" and a.path.endswith(kept["digest"]) for a in server.asked)
    server.rules.append(lambda a: Answer(307, b"", {"Location": "https://x.invalid"}) if a.method == "HEAD" else None)
    assert Registry(f"{server.host}/a:1").has(Registry(f"{server.host}/a:1").manifest().layers[0])
    server.rules.clear()
    del server.blobs[kept["digest"]]
    source = Registry(f"{server.host}/a:1")
    assert not source.has(source.manifest().layers[0])
    assert not other.asked


# Manifests


def test_the_platform(server):
    windows = server.image(LARGE, platform={"os": "windows", "architecture": "amd64"})
    arm = server.image(LARGE, platform={"os": "linux", "architecture": "arm64"})
    image = server.image(SMALL, platform=LINUX)
    inner = server.index(windows, arm, image)
    server.index(inner, tags=("nested",))
    assert "etc/a" in read(server).files and not read(server).attested
    assert read(server).manifests == (INDEX, MANIFEST)
    assert read(server, "a/b:nested").manifests == (INDEX, INDEX, MANIFEST)


def test_only_attestations(server):
    server.index(server.image(SMALL, platform={"os": "unknown", "architecture": "unknown"}))
    assert "its index names no image" in refusal(server)


def test_an_index_that_has_no_end(server):
    entry = {"digest": digest_of(b"x"), "size": 1, "platform": LINUX}
    body = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    server.rules.append(lambda _: Answer(200, body))
    assert "don't have the digest" in refusal(server)
    inner = server.image(SMALL)
    for _ in range(8):
        inner = server.index(inner)
    server.rules.clear()
    assert "its index names no image" in refusal(server)


def test_another_manifest_than_the_digest_says(server):
    image = server.image(SMALL)
    other = server.image(LARGE)
    server.manifests[image["digest"]] = server.manifests[other["digest"]]
    said = f"the bytes of its manifest don't have the digest {image['digest']} under which it is named"
    assert said in refusal(server, f"a/b@{image['digest']}")
    server.index(image)
    assert said in refusal(server)


def test_another_manifest_than_its_header_says(server):
    server.image(SMALL)
    body = server.manifests["1"][0]
    server.rules.append(
        lambda a: Answer(200, body, {"Docker-Content-Digest": digest_of(b"")}) if "/manifests/" in a.path else None
    )
    assert "don't have the digest" in refusal(server)


def test_the_media_type_of_the_header(server):
    server.image(SMALL)
    value = json.loads(server.manifests["1"][0])
    del value["mediaType"]
    server.manifest(value, "1")
    assert read(server).media_type == MANIFEST
    server.manifest(value, "1", media_type="text/html")
    assert read(server).media_type == ""


def test_schema_1(server):
    server.manifest({"schemaVersion": 1, "fsLayers": []}, "1")
    assert "its manifest is of schema 1, which doctor doesn't read; push it" in refusal(server)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"[" * 100_000, b'{"a":' * 50_000, b"\xff"])
def test_a_manifest_that_is_no_json(server, body):
    server.manifest(body, "1")
    assert f"its manifest 1 is no JSON object; is {server.host} a registry of images?" in refusal(server)


@pytest.mark.parametrize("length", [True, False])
def test_a_manifest_that_is_too_large(server, length):
    body = b" " * ((16 << 20) + 5)
    server.rules.append(lambda _: Answer(200, body, {} if length else {"Content-Length": ""}))
    assert "its manifest 1 is larger than 16 MiB" in refusal(server)


def test_a_manifest_that_is_cut(server):
    server.image(SMALL)
    cut = [Answer(200, b"{}" * 100, cut=7)] * 2
    server.rules.append(lambda _: cut.pop() if cut else None)
    assert read(server).files
    server.rules[0] = lambda _: Answer(200, b"{}" * 100, cut=7)
    assert "breaks off its manifest: " in refusal(server)


D = "sha256:" + "0" * 64
GOOD = {"digest": D, "size": 1}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "neither an image nor an index"),
        ({"layers": [], "manifests": []}, "neither an image nor an index"),
        ({"layers": []}, "names '' for a digest"),
        ({"layers": [GOOD], "config": 1}, "names '' for a digest"),
        ({"layers": [1], "config": GOOD}, "names '' for a digest"),
        ({"layers": [{"digest": "../../x", "size": 1}], "config": GOOD}, "names '../../x' for a digest"),
        ({"layers": [{"digest": D + "/../x", "size": 1}], "config": GOOD}, "for a digest"),
        ({"layers": [{"digest": "md5:" + "0" * 32, "size": 1}], "config": GOOD}, "for a digest"),
        ({"layers": [{"digest": D}], "config": GOOD}, "no size that can be"),
        ({"layers": [{"digest": D, "size": -5}], "config": GOOD}, "no size that can be"),
        ({"layers": [{"digest": D, "size": "5"}], "config": GOOD}, "no size that can be"),
        ({"layers": [{"digest": D, "size": 1 << 60}], "config": GOOD}, "no size that can be"),
        ({"layers": [], "config": {"digest": D, "size": 1 << 30}}, "claims a configuration of 1073741824 bytes"),
        ({"layers": {}, "config": GOOD}, f"has no blob {D}"),
        ({"manifests": 1}, "its index names no image"),
        ({"manifests": [1, {"digest": "../x"}]}, "its index names no image"),
    ],
)
def test_manifests_that_no_registry_should_have(server, value, words):
    server.manifest({"schemaVersion": 2, **value}, "1")
    assert words in refusal(server)


@pytest.mark.parametrize("config", [b"{}", b'{"a": 1}'])
def test_what_is_no_image(server, config):
    kind = "application/vnd.cncf.helm.config.v1+json"
    server.manifest({"schemaVersion": 2, "config": server.blob(config, mediaType=kind), "layers": []}, "1")
    assert f"it is no container image: its configuration is {kind}" in refusal(server)


@pytest.mark.parametrize("layers", [[GOOD] * 5001, [{"digest": D, "size": 200 << 30}] * 2])
def test_more_layers_than_any_image_has(server, layers):
    server.manifest({"schemaVersion": 2, "config": GOOD, "layers": layers}, "1")
    assert f"its manifest lists {len(layers)} layers of " in refusal(server)


def test_a_text_that_is_no_reference():
    with pytest.raises(BadInput, match="--image A B: no reference to an image; give registry/repository:tag"):
        Registry("A B")


# HTTPS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate for 0.0.0.0: this machine by a number that isn't loopback's."""
    return registry.certificate(tmp_path_factory.mktemp("tls"), "IP:0.0.0.0")


@pytest.fixture
def secure(certificate):
    key, chain = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with Server(tls=context) as one:
        one.host = f"0.0.0.0:{one.port}"
        yield one


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))


def test_https(secure, trusted):
    secure.image(SMALL)
    assert "etc/a" in read(secure).files


def test_a_certificate_that_is_not_trusted(secure):
    assert "can't be reached: its certificate isn't trusted (self" in refusal(secure)


def test_no_way_from_https_to_http(secure, trusted, other, configuration):
    secure.image(SMALL)
    secure.rules.append(redirected(other))
    assert "redirects to an address that isn't HTTPS" in refusal(secure)
    secure.rules.clear()
    bearer(secure, "http://host.example/token")
    assert "sends for a token to an address that isn't HTTPS" in refusal(secure)
    assert not other.asked


def test_netrc_and_https(secure, trusted, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text(f"default login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    secure.image(SMALL)
    assert read(secure).files
    assert not any("authorization" in a.headers for a in secure.asked)


def test_http_where_https_is_asked_for(server):
    assert "can't be reached: what answers there doesn't speak HTTPS" in refusal(f"0.0.0.0:{server.port}")

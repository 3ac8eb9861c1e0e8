"""Amazon ECR: where the Docker configuration has nothing, AWS gives the token; played by moto and a server of ours."""

from __future__ import annotations

import base64
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest

from doctor.errors import BadInput
from doctor.image import registry_http
from doctor.image.assembling import assembled
from doctor.image.registry import Registry
from doctor.image.registry_auth import credentials
from tests.image.registry import Answer, Server, docker_config
from tests.image.saving import layer

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
SMALL = layer(("etc/a", b"1"))


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    """No test sees the settings of this machine's user, or asks AWS."""
    monkeypatch.setenv("DOCKER_CONFIG", docker_config(tmp_path / "docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def aws(monkeypatch):
    """A server that gives tokens as AWS does."""
    pytest.importorskip("boto3", reason="NOT TESTED with boto3: it is not installed")
    moto = pytest.importorskip("moto.server", reason="NOT TESTED with AWS's API: moto[server] is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield
    server.stop()


@pytest.fixture
def registry(monkeypatch):
    """A server that is asked in place of ECR, and gives its image to whoever has a token of AWS's."""
    from requests.adapters import HTTPAdapter

    with Server() as server:

        class Instead(HTTPAdapter):
            def send(self, request, *args, **more):
                parts = urlsplit(request.url)
                assert (parts.scheme, parts.netloc) == ("https", HOST)
                request.url = urlunsplit(("http", server.host, *parts[2:]))
                response = super().send(request, *args, **more)
                response.url = urlunsplit(parts)
                return response

        made = registry_http.session

        def session(reference):
            one = made(reference)
            one.mount("https://", Instead())
            return one

        def rule(asked):
            said = base64.b64decode(asked.headers.get("authorization", "")[6:])
            if said == b"AWS:123456789012-auth-token":
                return None
            status, body = (403, b'{"errors":[{"code":"DENIED","message":"token is wrong"}]}') if said else (401, b"")
            return Answer(status, body, {"WWW-Authenticate": f'Basic realm="https://{HOST}/",service="ecr"'})

        monkeypatch.setattr(registry_http, "session", session)
        server.rules.append(rule)
        server.image(SMALL)
        yield server


def refusal() -> str:
    with pytest.raises(BadInput) as raised:
        assembled(Registry(f"{HOST}/model:1"))
    text = str(raised.value)
    assert text.startswith(f"--image {HOST}/model:1: {HOST} ") and "\n" not in text
    return text


def test_a_token_of_aws(aws, registry):
    assert "etc/a" in assembled(Registry(f"{HOST}/model:1")).files
    assert credentials(HOST)[:2] == ("AWS", "123456789012-auth-token")
    assert "auth-token" not in repr(credentials(HOST))


def test_the_configuration_goes_first(aws, registry, tmp_path):
    encoded = base64.b64encode(b"AWS:mine").decode()
    docker_config(tmp_path / "docker", auths={HOST: {"auth": encoded}})
    assert "denies access to model:1 (DENIED token is wrong)" in refusal()


@pytest.mark.parametrize("host", [f"{HOST}.example", "ecr.eu-west-1.amazonaws.com", "x.dkr.ecr.y.amazonaws.com"])
def test_other_hosts_get_no_token(aws, host):
    assert not credentials(host).username


def test_no_credentials(registry):
    pytest.importorskip("boto3", reason="NOT TESTED with boto3: it is not installed")
    said = refusal()
    assert "AWS gives no token for it (NoCredentialsError): check your AWS credentials" in said
    assert f"get-login-password --region eu-west-1 | docker login --username AWS --password-stdin {HOST}" in said


def test_aws_says_no(aws, registry, monkeypatch):
    from botocore.client import ClientError

    def no(*_args, **_more):
        raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, "GetAuthorizationToken")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", no)
    assert "AWS gives no token for it (ExpiredTokenException in eu-west-1)" in refusal()


def test_aws_is_not_reached(aws, registry, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "AWS gives no token for it (EndpointConnectionError)" in refusal()


def test_boto3_is_not_installed(registry, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "boto3, which would ask AWS, isn't installed: pip install 'endpoint-doctor[aws]'; check" in refusal()

"""What a registry wants before it answers: credentials of the Docker configuration or AWS, and tokens for them."""

from __future__ import annotations

import base64
import json
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from doctor.errors import BadInput
from doctor.image.registry_http import is_private

if TYPE_CHECKING:
    from doctor.image.registry_http import Connection

_ECR = r"[0-9]{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
_LARGEST_TOKEN = 1 << 20
_CLIENT = "endpoint-doctor"


class Credentials(NamedTuple):
    """
    What is known of a user at one registry.

    Args:
        username: "" where there are none.
        password: the secret that goes with it.
        identity: a token in place of both (``identitytoken`` of the Docker configuration).
        origin: where they are from, for messages.
        trouble: why none could be had, for messages; "" where there simply are none.
    """

    username: str = ""
    password: str = ""
    identity: str = ""
    origin: str = "the Docker configuration"
    trouble: str = ""

    def __repr__(self) -> str:
        """Show no secret, wherever this is printed."""
        return f"Credentials(origin={self.origin!r}, trouble={self.trouble!r})"

    @property
    def basic(self) -> str:
        """Return the header's value, "" without a username."""
        if not self.username:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def credentials(host: str) -> Credentials:
    """Return what the Docker configuration has for a registry; for Amazon ECR, where that is nothing, AWS is asked."""
    found = _configured(host)
    region = re.fullmatch(_ECR, host)
    if region and not (found.username or found.identity):
        return _ecr(region[1])
    return found


def authorization(connection: Connection, challenge: str) -> str:
    """
    Return the ``Authorization`` that a registry asks for in its ``WWW-Authenticate`` (RFC 6750, RFC 7617).

    Raises BadInput where there is none to give.
    """
    known = credentials(connection.reference.host)
    bearer = re.search(r"\bBearer\s+(.*)", challenge, re.IGNORECASE | re.DOTALL)
    if bearer:
        said: dict[str, str] = {}
        for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))', bearer[1]):
            said.setdefault(key.lower(), quoted or plain)  # another challenge may follow
        return "Bearer " + _token(connection, said.get("realm", ""), said.get("service", ""), known)
    if not known.basic:
        raise _without(connection, known)
    if not re.search(r"\bBasic\b", challenge, re.IGNORECASE):
        raise connection.failure(f"{connection.reference.host} asks for credentials in a way that isn't known here")
    return known.basic


def refused(connection: Connection, known: Credentials | None = None) -> BadInput:
    """Return what to say of a registry that isn't content with what it was given."""
    host, repository = connection.reference.host, connection.reference.repository
    known = known or credentials(host)
    if not (known.username or known.identity):
        return _without(connection, known)
    return connection.failure(
        f"{host} refuses the credentials of {known.origin} for {repository}; check the name and your rights, "
        f"{_login(host)}"
    )


def _without(connection: Connection, known: Credentials) -> BadInput:
    host, repository = connection.reference.host, connection.reference.repository
    why = known.trouble or f"{known.origin} has none"
    return connection.failure(
        f"{host} gives {repository} to nobody without credentials, and {why}; check the name, {_login(host)}"
    )


def _login(host: str) -> str:
    region = re.fullmatch(_ECR, host)
    if region:
        password = f"aws ecr get-login-password --region {region[1]}"
        return f"or {password} | docker login --username AWS --password-stdin {host}"
    return "or docker login" if host == "docker.io" else f"or docker login {host}"


def _token(connection: Connection, realm: str, service: str, known: Credentials) -> str:
    """Return a token for pulling the image (distribution's "Token Authentication"), anonymous without credentials."""
    host = connection.reference.host
    if not is_private(realm):
        raise connection.failure(f"{host} sends for a token to an address that isn't HTTPS")
    scope = f"repository:{connection.reference.repository}:pull"
    if known.identity:
        form = {"grant_type": "refresh_token", "refresh_token": known.identity, "client_id": _CLIENT}
        response = connection.send("POST", realm, {}, form={**form, "service": service, "scope": scope})
    else:
        asked = urlencode({**({"service": service} if service else {}), "scope": scope})
        response = connection.send("GET", f"{realm}{'&' if '?' in realm else '?'}{asked}", {}, known.basic)
    if response.status_code in {400, 401, 403}:
        response.close()
        raise refused(connection, known)
    with connection.reported(realm):
        data = connection.body(connection.checked(response, f"token for {scope}"), _LARGEST_TOKEN)
    token = _named(data)
    if not token:
        raise connection.failure(f"{host} sends for a token, but what answers there gives none")
    return token


def _named(data: bytes) -> str:
    """Return the token in the answer of a token service; "" where there is none that can be sent."""
    try:
        answer = json.loads(data)
        token = answer.get("token") or answer.get("access_token")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return token if isinstance(token, str) and re.fullmatch(r"[!-~]+", token) else ""


def _configured(host: str) -> Credentials:
    from docker import auth
    from docker.errors import DockerException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a helper that isn't installed is told below
            found = auth.load_config().resolve_authconfig(host) or {}
        said = {str(k).lower(): str(v) for k, v in found.items() if v}
    except DockerException:
        return Credentials(trouble=f"the credential helper of the Docker configuration fails for {host}")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return Credentials(trouble="the Docker configuration is damaged")
    return Credentials(said.get("username", ""), said.get("password", ""), said.get("identitytoken", ""))


def _ecr(region: str) -> Credentials:
    """Ask AWS for a token with which Amazon ECR is read, as its own credential helper does."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return Credentials(trouble="boto3, which would ask AWS, isn't installed: pip install 'endpoint-doctor[aws]'")
    try:
        answer = boto3.Session().client("ecr", region_name=region).get_authorization_token()
        encoded = answer["authorizationData"][0]["authorizationToken"]
        username, _, password = base64.b64decode(encoded).decode().partition(":")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        return Credentials(trouble=f"AWS gives no token for it ({code} in {region}): check your AWS credentials")
    except (BotoCoreError, ValueError, KeyError, IndexError) as error:
        return Credentials(trouble=f"AWS gives no token for it ({type(error).__name__}): check your AWS credentials")
    return Credentials(username, password, origin="the AWS account")

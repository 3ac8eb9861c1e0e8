"""HTTP to a registry: retried within bounds, with credentials for itself alone, every failure one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from doctor import __version__
from doctor.errors import BadInput
from doctor.image.registry_names import Reference, is_loopback

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

_REDIRECTS = 5
_PATIENCE = (10, 60)  # seconds to connect, and between two pieces of an answer
_TRIES = 4
_LONGEST_WAIT = 30  # seconds, whatever Retry-After says
_LARGEST_ERROR = 1 << 16
INSTEAD = "give the file that docker save writes"


class Connection:
    """
    A registry as it is asked for one image.

    Args:
        name: the image as the user gave it, for messages.
        reference: where that is.
    """

    def __init__(self, name: str, reference: Reference) -> None:
        self.name, self.reference = name, reference
        self._authorization = ""
        self._session = session(reference)

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()

    def failure(self, text: str) -> BadInput:
        """Return an error of one line that names the image."""
        return BadInput(f"--image {self.name}: {printable(text, 1000)}")

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the registry's answer about its repository, whatever its status but 401; its body is not read yet."""
        from doctor.image.registry_auth import authorization, refused

        url = f"{self.reference.base}/v2/{self.reference.repository}/{path}"
        response = self.send(method, url, headers or {}, self._authorization)
        if self._wants_credentials(response):
            self._drain(response)
            self._authorization = authorization(self, response.headers.get("WWW-Authenticate", ""))
            response = self.send(method, url, headers or {}, self._authorization)
        if self._wants_credentials(response):
            response.close()
            raise refused(self)
        return response

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        authorization: str = "",
        form: Mapping[str, str] | None = None,
    ) -> Response:
        """
        Return an answer, redirects followed; of HEAD and POST they aren't.

        Once a redirect leads to another host, `authorization` is left behind for good. None leads from HTTPS to HTTP.
        """
        for _ in range(_REDIRECTS + 1):
            own = {"Authorization": authorization} if authorization else {}
            with self.reported(url):
                response = self._session.request(
                    method,
                    url,
                    headers={**headers, **own},
                    data=form,
                    allow_redirects=False,
                    stream=True,
                    timeout=_PATIENCE,
                    auth=_unchanged,
                )
            if method != "GET" or not response.is_redirect:
                return response
            response.close()
            target = self._target(url, response.headers["Location"])
            authorization = authorization if _origin(target) == _origin(url) else ""
            url = target
        raise self.failure(f"{self.reference.host} redirects without an end; {INSTEAD}")

    def body(self, response: Response, most: int) -> bytes:
        """Return an answer's body as sent, one byte more than `most` where it is larger; OSError where it is cut."""
        from urllib3.exceptions import HTTPError

        data = bytearray()
        try:
            while len(data) <= most and (piece := response.raw.read(most + 1 - len(data), decode_content=False)):
                data += piece
        except HTTPError as error:
            raise OSError(reason(error)) from None
        finally:
            response.close()
        length = response.headers.get("Content-Length", "")
        if len(data) <= most and re.fullmatch("[0-9]{1,18}", length) and int(length) > len(data):
            raise OSError("the answer ends early")
        return bytes(data)

    def checked(self, response: Response, what: str) -> Response:
        """Return an answer that is a good one, else raise the line that says what is wrong."""
        status, host = response.status_code, self.reference.host
        if status in {200, 206}:
            return response
        said = self._said(response)
        if status == 404:
            raise self.failure(f"{host} has no {what}{said}; check its name, or push it there first")
        if status == 403:
            raise self.failure(f"{host} denies access to {what}{said}; check its name and your rights, or {INSTEAD}")
        if status == 429:
            raise self.failure(f"{host} answers that there were too many requests{said}; try again later, or {INSTEAD}")
        if status >= 500:
            raise self.failure(f"{host} failed with status {status}{said}; try again later, or {INSTEAD}")
        raise self.failure(f"{host} answered with status {status}, asked for {what}{said}; {INSTEAD}")

    @contextmanager
    def reported(self, url: str) -> Iterator[None]:
        """Turn what goes wrong on the way to a host into one line."""
        from urllib3.exceptions import HTTPError

        try:
            yield
        except (OSError, ValueError, HTTPError) as error:  # ValueError: addresses and headers that can't be sent
            host = printable(urlsplit(url).netloc.rpartition("@")[2])
            text = f"{host} can't be reached: {reason(error)}; check its name and the network, or {INSTEAD}"
            raise self.failure(text) from None

    def _drain(self, response: Response) -> None:
        """Read what is left of a short answer, so that its connection can be used again."""
        with suppress(OSError):
            self.body(response, _LARGEST_ERROR)

    def _wants_credentials(self, response: Response) -> bool:
        """Whether the registry itself, and no host to which it redirected, answered with 401."""
        return response.status_code == 401 and _origin(str(response.url)) == _origin(self.reference.base)

    def _target(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
            scheme, before = urlsplit(target).scheme, urlsplit(url).scheme
        except ValueError:
            scheme = before = ""
        if scheme == "https" or scheme == before == "http":
            return target
        raise self.failure(f"{self.reference.host} redirects to an address that isn't HTTPS; {INSTEAD}")

    def _said(self, response: Response) -> str:
        """Return the first error that the body of an answer tells, for a message; "" where it tells none."""
        try:
            first = json.loads(self.body(response, _LARGEST_ERROR))["errors"][0]
            text = " ".join(str(first.get(key) or "") for key in ("code", "message")).strip()
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return ""
        return f" ({printable(text)})" if text else ""


def session(reference: Reference) -> Session:
    """Return a session that asks again, within bounds, after 429, 5xx and lost connections."""
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    class Patient(Retry):
        def parse_retry_after(self, retry_after: str) -> float:
            return min(_seconds(retry_after), _LONGEST_WAIT)

    made = Session()
    made.headers["User-Agent"] = f"endpoint-doctor/{__version__}"
    made.headers["Accept-Encoding"] = "identity"  # digests are of the bytes as stored
    made.trust_env = not reference.is_loopback  # no proxy leads to this machine
    retries = Patient(
        total=_TRIES,
        connect=2,
        other=1,  # TLS
        redirect=0,
        backoff_factor=0.5,
        status_forcelist={429, 500, 502, 503, 504},
        allowed_methods={"GET", "HEAD", "POST"},
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        made.mount(scheme, HTTPAdapter(max_retries=retries))
    return made


def is_private(url: str) -> bool:
    """Say whether credentials may travel to an address: by HTTPS, or within this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if "@" in parts.netloc or not parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc))


def reason(error: BaseException) -> str:
    """Return why a connection failed, as the innermost error says it."""
    text = ""
    at: BaseException | None = error
    while at is not None:
        text = _told(at) or text
        at = at.__cause__ or at.__context__
    if not text:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
        text = "it does not answer in time" if "timeout" in words else words
    return printable(text)


def _told(error: BaseException) -> str:
    """Return what one error alone says, "" where that is nothing for a user."""
    if isinstance(error, UnicodeError):
        return "its answer can't be understood"
    if type(error) is OSError:
        return error.strerror or str(error)
    untrusted = getattr(error, "verify_message", "")
    if untrusted:
        return f"its certificate isn't trusted ({untrusted}); REQUESTS_CA_BUNDLE names a file of further authorities"
    said = getattr(error, "strerror", "") or ""
    if not isinstance(said, str):
        return ""
    return "what answers there doesn't speak HTTPS" if "WRONG_VERSION_NUMBER" in said else said


def printable(text: str, most: int = 200) -> str:
    """Return a text from elsewhere as part of one line: no control characters, at most so many characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())[:most]


def _seconds(retry_after: str) -> float:
    from email.utils import parsedate_to_datetime
    from time import time

    if re.fullmatch(r"\s*[0-9]{1,9}\s*", retry_after):
        return int(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0


def _origin(url: str) -> tuple[str, str]:
    """Return the scheme, and the host with its port, of an address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()


def _unchanged(request: PreparedRequest) -> PreparedRequest:
    """Keep requests from adding what it finds in ~/.netrc or in an address."""
    return request

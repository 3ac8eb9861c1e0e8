"""A blob of a registry as a stream that mends itself: where it is cut, it is asked for again from there."""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any

from doctor.image.registry_http import INSTEAD, reason

if TYPE_CHECKING:
    from requests import Response

    from doctor.image.registry_http import Connection

_RESUMPTIONS = 5
_LONGEST_PAUSE = 8
_CHUNK = 1 << 18


def opened(connection: Connection, digest: str, size: int) -> io.BufferedReader:
    """Return a blob from its beginning, `size` bytes and never more; BadInput where the registry doesn't give it."""
    return io.BufferedReader(_Blob(connection, digest, size), _CHUNK)


class _Blob(io.RawIOBase):
    def __init__(self, connection: Connection, digest: str, size: int) -> None:
        super().__init__()
        self._connection, self._digest, self._size = connection, digest, size
        self._at = 0  # bytes handed on
        self._again = 0  # bytes of this answer that were handed on before
        self._resumed = 0
        self._reason = "the answer ended"
        self._response = self._asked()

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            self._response.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        while self._at < self._size:
            data = self._read(min(len(view), self._size - self._at))
            if data:
                view[: len(data)] = data
                self._at += len(data)
                return len(data)
            self._resume()
        return 0

    def _read(self, count: int) -> bytes:
        """Return what comes next, b"" where the answer ends or is cut."""
        from urllib3.exceptions import HTTPError

        try:
            while self._again:
                passed = len(self._response.raw.read(min(self._again, _CHUNK), decode_content=False))
                self._again -= passed
                if not passed:
                    return b""
            return bytes(self._response.raw.read(count, decode_content=False))
        except (OSError, HTTPError) as error:
            self._reason = reason(error)
            return b""

    def _resume(self) -> None:
        self._response.close()
        if self._resumed >= _RESUMPTIONS:
            raise self._connection.failure(
                f"{self._connection.reference.host} breaks off {self._digest} after {self._at} of {self._size} bytes, "
                f"{self._resumed + 1} times ({self._reason}); try again, or {INSTEAD}"
            )
        time.sleep(min(2**self._resumed / 2, _LONGEST_PAUSE))
        self._resumed += 1
        self._response = self._asked()

    def _asked(self) -> Response:
        """Ask for the bytes that were not handed on yet; a registry may answer with all of them."""
        headers = {"Range": f"bytes={self._at}-"} if self._at else {}
        response = self._connection.ask("GET", f"blobs/{self._digest}", headers)
        if response.status_code == 206 and not self._continues(response):
            response.close()
            response = self._connection.ask("GET", f"blobs/{self._digest}")
        response = self._connection.checked(response, f"blob {self._digest} in {self._connection.reference.repository}")
        self._again = self._at if response.status_code == 200 else 0
        self._measure(response)
        return response

    def _continues(self, response: Response) -> bool:
        return re.match(rf"bytes {self._at}-", response.headers.get("Content-Range", "")) is not None

    def _measure(self, response: Response) -> None:
        """Refuse an answer that says it is of another size than the manifest says."""
        length = response.headers.get("Content-Length", "")
        missing = self._size - (self._at - self._again)
        if re.fullmatch("[0-9]{1,18}", length) and int(length) != missing:
            response.close()
            raise self._connection.failure(
                f"{self._connection.reference.host} has {length} bytes of {self._digest} where the manifest says "
                f"{missing}; push the image again"
            )

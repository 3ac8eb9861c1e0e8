"""A progress bar on stderr for reads that last longer than a second."""

from __future__ import annotations

from time import monotonic
from typing import Any

PATIENCE = 1.0  # seconds


class Bar:
    """Called with bytes done and bytes in all; draws nothing before a second has passed."""

    def __init__(self) -> None:
        self._start = monotonic()
        self._progress: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Take note of bytes done and in all."""
        if self._progress is None:
            if monotonic() - self._start < PATIENCE or not total:
                return
            self._open(total)
        self._progress.update(self._task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away again."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _open(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        columns = (BarColumn(), DownloadColumn(binary_units=True), TimeRemainingColumn())
        self._progress = Progress("reading", *columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        self._task = self._progress.add_task("reading", total=total)

"""Check: a DataLoader starts worker processes in the container."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="A DataLoader starts worker processes, which share little memory in a container",
    fault="host-memory-or-disk",
    severity=Severity.WARNING,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.pytorch.org/docs/stable/data.html#multi-process-data-loading",
    symptoms=(
        r"DataLoader worker \(pid\(?s?\)? \d+\) (is killed by signal: Bus error|exited unexpectedly)",
        r"unable to (write to file|mmap|allocate shared memory)",
        r"Unexpected bus error encountered in worker",
    ),
)
def dataloader_workers(handler: Handler) -> Iterator[Finding]:
    """
    DataLoader workers pass batches through /dev/shm, of which a container has 64 MB and an endpoint can't get more.

    Small batches fit; larger ones end the worker with a bus error. Starting processes also costs each request more
    than it gains. Use num_workers=0 when serving.
    """
    if any(handler.calls("torch.multiprocessing.set_sharing_strategy")):
        return
    for call in handler.calls("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"):
        workers = call.argument(5, "num_workers")
        count = workers.value if isinstance(workers, ast.Constant) and isinstance(workers.value, int) else 0
        if count > 0 and (call.hooks or call.at_import):
            yield Finding(
                message=f"{count} DataLoader workers share the container's 64 MB of /dev/shm: larger batches fail",
                evidence=(handler.seen(call.path, call.line),),
                fix="num_workers=0",
                likelihood=Likelihood.LIKELY,
                log="RuntimeError: unable to allocate shared memory(shm) for file </torch_1>: "
                "No space left on device (28)",
                cause=f"artifact:{call.path}:{call.line}",
            )

"""Check: the model takes batches of one size only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The model takes batches of one size only",
    fault="input-signature",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://docs.pytorch.org/docs/stable/generated/torch.jit.trace.html",
    explains=("onnx-batch-fixed",),
)
def batch_dimension_fixed(shapes: Step) -> Iterator[Finding]:
    """
    The model was called with batches of 1, 2 and 8 rows, and takes one of these sizes only.

    It serves requests of that size. Another one fails: batch transform with more than one record in a request, a
    server that joins requests, a client that sends two rows. A size is written into a model by a trace or an export
    without dynamic axes, by view(1, -1), by a stateful recurrent layer.
    """
    value = shapes.value
    inputs = [row for row in value.get("inputs") or () if isinstance(row, dict)]
    for row in inputs[:1]:
        means, dims = list(row.get("means") or ()), list(row.get("dims") or ())
        said = dims[means.index("batch")] if "batch" in means and len(dims) == len(means) else {}
        if said.get("says") != "fixed":
            return
        size = said.get("size")
        refused = [c for c in value.get("cases") or () if str(c.get("case")).startswith("batch of") and not c["works"]]
        words = str(refused[0]["failure"]["line"]) if refused else ""
        yield Finding(
            message=f"the model takes batches of {size} only: a request with another number of rows fails",
            evidence=(
                Evidence("trial:shapes", f"{refused[0]['case'] if refused else 'other batches'}: {words[-300:]}"),
            ),
            fix="send one row in a request, or write the model with a free batch: dynamic_axes, view(x.size(0), -1)",
            log=words,
        )

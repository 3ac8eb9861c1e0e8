"""Check: a web page is packed in place of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_read, loader_error
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The weights are a web page",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/chflame163/ComfyUI_LayerStyle/issues/499",
    symptoms=(r"Unsupported operand (10|60)", r"invalid load key, '<'", r"KeyError: 60"),
)
def weights_are_html(artifact: Artifact) -> Iterator[Finding]:
    """
    A download saved the error page or the login page instead of the file.

    ``wget`` of a page's address (.../blob/... instead of .../resolve/...), an expired signed address and a login wall
    all answer with text, and the file has the right name. Download it again with ``curl --fail``.
    """
    for trouble in artifact.troubles:
        if trouble.kind == "html" and trouble.path and is_read(artifact, trouble.path):
            yield Finding(
                message=f"{trouble.path} is a web page, not the model",
                evidence=(Evidence(f"artifact:{trouble.path}", f"begins with {trouble.saw}"),),
                fix=f"curl --fail --location --output {trouble.path} ADDRESS_OF_THE_FILE  # then pack again",
                log=loader_error(trouble.path, "html"),
                cause=f"artifact:{trouble.path}",
            )

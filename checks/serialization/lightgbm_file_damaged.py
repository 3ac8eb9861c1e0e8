"""Check: a LightGBM model whose trees aren't where its header says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.kinds.trees import LightGBMFile
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A LightGBM model file was cut short or its line ends were changed",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="lightgbm-org/LightGBM#3733",
    symptoms=(r"Model format error, expect a tree here\. met", r"Tree model string format error, should contain"),
)
def lightgbm_file_damaged(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    LightGBM's text model announces in its header how many bytes each tree takes, and is read by these numbers.

    Git's autocrlf, an editor or unix2dos turns each line end into two bytes; an upload that broke off loses the last
    trees. Then there is no "Tree=" where LightGBM looks for one, and the process is ended from within C++. Save the
    model again and move it as binary.
    """
    from doctor.formats.kinds.trees import LightGBMFile
    from doctor.loading import lightgbm_loads, uses

    for file, facts in models.of(LightGBMFile):
        if facts.wrong is None:
            continue
        found = uses(file.path, list(lightgbm_loads(handler)), handler)
        if not found:
            continue
        windows = facts.line_ends == "\r\n"
        at = f"tree {facts.wrong_tree} of {facts.trees} does not begin where the header says"
        yield Finding(
            message=f"{file.path} has Windows line ends, so {at}"
            if windows
            else f"{file.path} is cut short or was edited: {at}",
            evidence=(Evidence(f"artifact:{file.path}", _saw(facts)),),
            fix=f"dos2unix {file.path}, and '*.txt binary' in .gitattributes"
            if windows
            else f"save the model again: booster.save_model('{file.path}')",
            likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
            log=f"[LightGBM] [Fatal] Model format error, expect a tree here. met {facts.wrong}".rstrip(),
            cause=f"artifact:{file.path}",
        )


def _saw(facts: LightGBMFile) -> str:
    where = f"at the place of tree {facts.wrong_tree}"
    return f"{where}: {facts.wrong.strip()[:40]!r}" if facts.wrong else f"{where}: the end of the file"

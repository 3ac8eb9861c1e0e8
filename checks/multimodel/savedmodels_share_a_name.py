"""Check: two SavedModels of one archive have the same name for TensorFlow Serving."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.savedmodel import SavedModel
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import folder_of, numbered

if TYPE_CHECKING:
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Two SavedModels of the archive have one name for TensorFlow Serving",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/tensorflow/serving/blob/master/tensorflow_serving/model_servers/server_core.cc",
    symptoms=(r"Illegal to list model \S+ multiple times in config list",),
)
def savedmodels_share_a_name(models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    The container names each SavedModel by the folder above its version's, wherever that lies in the archive.

    Two such folders of one name (detect/export/1 and segment/export/1 are both "export") make a list of models that
    TensorFlow Serving refuses, and nothing starts. Give each a folder of its own name: detect/1 and segment/1.
    """
    if stack != "tensorflow-serving" or target.is_a("multi-model"):
        return
    named: dict[str, str] = {}
    for file, _facts in models.of(SavedModel):
        if not numbered(file.path):
            continue
        base = folder_of(folder_of(file.path))
        name = base.rpartition("/")[2] or "model"  # at the root, the folder is /opt/ml/model
        other = named.setdefault(name, base)
        if other == base:
            continue
        yield Finding(
            message=f"{other or 'the root'} and {base or 'the root'} are both named {name!r}, and TensorFlow Serving "
            "refuses two models of one name",
            evidence=tuple(Evidence(f"artifact:{b or '/'}", f"a SavedModel named {name!r}") for b in (other, base)),
            fix=f"mv {base} {base.replace('/', '_')}, or a folder with a name of its own for each",
            log=f"Illegal to list model {name} multiple times in config list",
            cause=f"artifact:{base}",
        )
        return

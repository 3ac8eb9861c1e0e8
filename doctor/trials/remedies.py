"""What to do about an exception that was seen while the model was loaded, where the exception itself tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.trials.values import Failure

_HOME = r"/opt/ml/model/([^'\"\s]+)"


def remedy(failure: Failure, artifact: Artifact) -> str:
    """Return a command, or the one sentence that says what to change."""
    for pattern, told in _TOLD:
        found = re.search(pattern, failure.line)
        if found and (said := told(found, artifact)):
            return said
    line = source_line(failure)
    if failure.where:
        return f"mend {failure.where}" + (f", which reads `{line}`" if line else "")
    return "load the model in this image before it is packed, and pack what loads"


def source_line(failure: Failure) -> str:
    """Return the artifact's own line closest to an exception, as its traceback quotes it; "" where it doesn't."""
    path, _, number = failure.where.rpartition(":")
    lines = list(failure.traceback)
    for index, line in enumerate(lines[:-1]):
        if path and f'{path}", line {number}' in line:
            found = lines[index + 1].strip()
            return "" if found.startswith('File "') else found
    return ""


def _module(found: re.Match[str], artifact: Artifact) -> str:
    from doctor.modules import givers

    module = found[1]
    top = module.split(".")[0]
    own = next((m.path for m in artifact.files() if m.path.rsplit("/", 1)[-1] == f"{top}.py"), "")
    if own:
        return f"mv {own} code/: modules are looked for in code/ only" if not own.startswith("code/") else ""
    if any(m.path.startswith((f"code/{top}/", f"{top}/")) for m in artifact.files()):
        return ""
    names = givers(module)
    return f"echo {names[0]} >> code/requirements.txt" if names else f"pack the module {top} into code/"


def _file(found: re.Match[str], artifact: Artifact) -> str:
    from difflib import get_close_matches

    path = found[1].rstrip("/")
    names = [m.path for m in artifact.files()]
    if path in names or artifact.has_folder(path):
        return ""
    same = [n for n in names if n.rsplit("/", 1)[-1] == path.rsplit("/", 1)[-1]]
    near = same or get_close_matches(path, names, 1, 0.7)
    return f"name {near[0]}, which is there, instead of {path}" if near else f"pack {path} into the archive"


def _trusting(_found: re.Match[str], _artifact: Artifact) -> str:
    return "save and load model.state_dict() alone; or, where you trust the file, torch.load(..., weights_only=False)"


def _main_name(found: re.Match[str], _artifact: Artifact) -> str:
    return f"move {found[1]} into a module under code/, import it from there in the training script, and save again"


def _state(_found: re.Match[str], _artifact: Artifact) -> str:
    return "build the module with the arguments that it was trained with, then load_state_dict"


def _torchscript(_found: re.Match[str], _artifact: Artifact) -> str:
    return (
        "torch.jit.script(model).save('model.pt'), or pack code/inference.py with a model_fn that loads what is there"
    )


def _name(_found: re.Match[str], _artifact: Artifact) -> str:
    return "name the TorchScript file model.pt, at the root, or pack code/inference.py with a model_fn"


def _hook(_found: re.Match[str], _artifact: Artifact) -> str:
    return "write model_fn(model_dir) in code/inference.py"


def _version_folder(_found: re.Match[str], _artifact: Artifact) -> str:
    return "mkdir 1 && mv saved_model.pb variables 1/"


_TOLD = (
    (r"ensure model is saved using torchscript", _torchscript),
    (r"Exactly one \.pth or \.pt file is required", _name),
    (r"Please provide a model_fn", _hook),
    (r"no SavedModel bundles found", _version_folder),
    (r"No module named '([\w.]+)'", _module),
    (r"Weights only load failed", _trusting),
    (r"Can't get attribute '(\w+)' on <module '(?:__main__|mms|ts|gunicorn)", _main_name),
    (r"Error\(s\) in loading state_dict", _state),
    (rf"(?:FileNotFoundError|No such file).*?{_HOME}", _file),
)

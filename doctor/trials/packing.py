"""The probe as one file: a zip archive that any Python from 3.7 runs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

NAME = "probe.pyz"
_HOME = Path(__file__).with_name("probe")
_HERE, _THERE = (
    "doctor.trials.probe",
    "endpoint_doctor_probe",
)  # a name of its own: the model's code may have a `doctor`
_MAIN = f"from {_THERE}.main import main\n\nmain()\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed() -> bytes:
    """Return the archive; the same bytes for the same sources."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _EPOCH), _MAIN)
        for path in sorted(_HOME.rglob("*.py")):
            name = f"{_THERE}/{path.relative_to(_HOME).as_posix()}"
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_text("utf-8").replace(_HERE, _THERE))
    return buffer.getvalue()

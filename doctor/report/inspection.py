"""What ``doctor inspect`` shows: what was recognised in an artifact or an image, without judging it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from doctor.deployment import Deployment, Plan
from doctor.formats.kinds.base import ModelFile, Port, bytes_by_dtype
from doctor.model import Unknown
from doctor.report import imageview
from doctor.report.imageview import SHOWN, amount
from doctor.report.style import DIM, Page, Text, safe


def look(subject: str, watch: Callable[[int, int], None] | None = None, *, offline: bool = False) -> dict[str, Any]:
    """
    Return what was recognised in an artifact or an image, as plain data; `offline`: ask no engine and no registry.

    Raises BadInput where it is neither.
    """
    if (image := _image(subject, offline=offline)) is not None:
        return image
    deployment = Deployment(Plan(artifact=subject), watch=watch)
    examined = deployment.read()
    artifact = examined.artifact
    return {
        "version": 1,
        "artifact": subject,
        "container": artifact.container,
        "bytes": {"stored": artifact.stored, "unpacked": sum(m.size for m in artifact.members.values())},
        "files": [{"path": m.path, "kind": m.kind, "bytes": m.size} for m in artifact.members.values()],
        "models": [_model(m) for m in deployment.part("models").files],
        "troubles": [{"kind": t.kind, "path": t.path, "saw": t.saw} for t in artifact.troubles],
        "not_understood": [*examined.unrecognised, *examined.broken],
    }


def _image(subject: str, *, offline: bool) -> dict[str, Any] | None:
    from doctor import image
    from doctor.image import locating

    if image.is_image(subject):
        return imageview.of_image(subject, image.read(subject))
    named = locating.reference_of(subject)
    if not named and not locating.split(subject)[0]:
        return None
    try:
        return imageview.of_image(subject, locating.read(subject, offline=offline))
    except Unknown:  # it is known in part
        return imageview.of_reference(named)


def _model(file: ModelFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "format": file.format,
        "bytes": file.size,
        "written_by": dict(file.writer),
        "needs": sorted({s.module.split(".")[0] for s in file.symbols}),
        "symbols": sorted({str(s) for s in file.symbols}),
        "inputs": [_port(p) for p in file.inputs],
        "outputs": [_port(p) for p in file.outputs],
        "tensors": len(file.tensors),
        "bytes_by_dtype": bytes_by_dtype(file.tensors),
        "facts": plain(file.facts),
    }


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "dtype": port.dtype, "shape": None if port.shape is None else list(port.shape)}


def plain(value: Any) -> Any:
    """Return named tuples, mappings, sets and the like as what JSON can hold."""
    if hasattr(value, "_asdict"):
        return {k: plain(v) for k, v in value._asdict().items()}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(v) for v in value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def as_json(seen: dict[str, Any]) -> str:
    """Return it as JSON text."""
    return json.dumps(seen, indent=2)


def written(seen: dict[str, Any], form: str, *, colour: bool, width: int) -> str:
    """Return it in one of the forms: text, json, or, of an image, cyclonedx."""
    if form == "cyclonedx":
        from doctor.report import cyclonedx

        return cyclonedx.render(seen)
    return as_json(seen) if form == "json" else render(seen, colour=colour, width=width)


def render(seen: dict[str, Any], *, colour: bool, width: int) -> str:
    """Return it as text."""
    page = Page(width, colour=colour)
    if "image" in seen:
        imageview.render(page, seen)
        return page.text()
    size = seen["bytes"]
    page.line(
        Text(safe(seen["artifact"]), "bold"),
        f"  {seen['container']}, {amount(size['stored'])} stored, {amount(size['unpacked'])} unpacked",
    )
    for trouble in seen["troubles"]:
        page.block(Text(f"{trouble['kind']}  ", "yellow"), Text(safe(f"{trouble['path']} {trouble['saw']}")), indent=2)
    for model in seen["models"]:
        _model_text(page, model)
    page.line("")
    known = {m["path"] for m in seen["models"]}
    files = [f for f in seen["files"] if f["path"] not in known]
    for file in files[:SHOWN]:
        unread = "  not understood" if file["path"] in seen["not_understood"] else ""
        kind = "" if file["kind"] == "file" else f"  {file['kind']}"
        page.line(f"  {amount(file['bytes']):>10}  {safe(file['path'])}", Text(kind, DIM), Text(unread, "yellow"))
    if len(files) > SHOWN:
        page.line(Text(f"  and {len(files) - SHOWN} more; --format json has all", DIM))
    return page.text()


def _model_text(page: Page, model: dict[str, Any]) -> None:
    page.line("")
    page.line(Text(safe(model["path"]), "bold"), f"  {model['format']}, {amount(model['bytes'])}")
    rows = {
        "written by": ", ".join(f"{k} {v}" for k, v in model["written_by"].items()),
        "needs": ", ".join(model["needs"]),
        "inputs": ", ".join(_port_text(p) for p in model["inputs"][:SHOWN]),
        "outputs": ", ".join(_port_text(p) for p in model["outputs"][:SHOWN]),
        "weights": ", ".join(f"{k} {amount(v)}" for k, v in model["bytes_by_dtype"].items()),
    }
    for label, text in rows.items():
        if text:
            page.block(Text(f"{label:<12}", DIM), Text(safe(text)), indent=2)


def _port_text(port: dict[str, Any]) -> str:
    shape = "?" if port["shape"] is None else ", ".join("?" if d is None else str(d) for d in port["shape"])
    return f"{port['name']} {port['dtype']}[{shape}]"

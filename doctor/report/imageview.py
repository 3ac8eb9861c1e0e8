"""What ``doctor inspect`` shows of an image: all that is known of it, or what its reference tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any

from doctor.model import Unknown
from doctor.report.style import DIM, Page, Text, safe

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.image.facts import Facts

_DLC = "com.amazonaws.ml.engines.sagemaker.dlc."
SHOWN = 20  # rows of one list in the text; JSON has all


def of_image(subject: str, image: Image) -> dict[str, Any]:
    """Return what is known of an image, as plain data."""
    from doctor.image.facts import facts

    found = facts(image)
    python, source, packages = _serving(image)
    return {
        "version": 1,
        "image": subject,
        "known": "in full",
        **_configured(image),
        "stack": _stack(image, found, subject),
        "system": _system(found),
        "python": python,
        "packages": packages,
        "serving": source,
        "interpreters": [one._asdict() for one in found.interpreters],
        "sites": _sites(image, found),
        "carried": [{"name": one.said.name, "version": one.said.version, "path": one.path} for one in found.carried],
        "conda": [one._asdict() for one in found.conda],
        "cuda": [one._asdict() for one in found.cuda],
        "servers": [one._asdict() for one in found.servers],
        "deep_learning_container": dict(found.labelled),
        "libraries": {
            path: said and {"machine": said.machine, "needs": list(said.needed), "glibc": said.glibc}
            for path, said in image.libraries.items()
        },
        "files": {"count": len(image.files), "bytes": sum(e.size for e in image.files.values() if e.kind == "file")},
    }


def of_reference(reference: str) -> dict[str, Any]:
    """Return what an image's reference alone tells, as plain data."""
    from doctor.image.reference import describe
    from doctor.stack import of_reference as stack_of

    known = describe(reference)
    try:
        stack = stack_of(reference)
    except Unknown:
        stack = ""
    row = known._asdict()
    row["packages"], row["sources"] = dict(sorted(known.packages.items())), list(known.sources)
    return {"version": 1, "image": reference, "known": "in part, from its reference", "stack": {"name": stack}, **row}


def render(page: Page, seen: Mapping[str, Any]) -> None:
    """Write what `of_image` or `of_reference` returned."""
    if "layers" not in seen:
        page.line(Text(safe(seen["image"]), "bold"), f"  known {seen['known']}")
        _rows(page, _of_reference(seen))
        return
    stored = sum(row["bytes"] for row in seen["layers"])
    page.line(
        Text(safe(seen["image"]), "bold"),
        f"  {seen['os']}/{seen['architecture']}, {counted(seen['layers'], 'layer')}, "
        f"{amount(stored)} stored, {amount(seen['files']['bytes'])} in {seen['files']['count']} files",
    )
    _rows(page, _about(seen))
    _packages_text(page, seen)
    page.line("")
    for row in seen["layers"]:
        unpacked = "unknown" if row["unpacked"] is None else amount(row["unpacked"])
        page.line(
            f"  {amount(row['bytes']):>10} stored  {unpacked:>10} unpacked  ", Text(safe(row["digest"][:19]), DIM)
        )


def _configured(image: Image) -> dict[str, Any]:
    return {
        "media_type": image.media_type,
        "architecture": image.architecture,
        "os": image.os,
        "entrypoint": list(image.entrypoint),
        "command": list(image.command),
        "user": image.user,
        "working_directory": image.working_directory,
        "ports": list(image.ports),
        "labels": dict(image.labels),
        "variables": dict(image.variables),
        "layers": [
            {"digest": x.digest, "bytes": x.size, "unpacked": x.full if x.full >= 0 else None} for x in image.layers
        ],
    }


def _serving(image: Image) -> tuple[str, str, dict[str, str]]:
    from doctor.image import environment

    try:
        found = environment(image)
    except Unknown:
        return "", "", {}
    return found.python, found.source.rpartition("(")[2].rstrip(")"), dict(sorted(found.packages.items()))


def _stack(image: Image, found: Facts, subject: str) -> dict[str, str]:
    from doctor.image.locating import reference_of
    from doctor.stack import stack_of, version_of

    try:
        name = stack_of(image, reference_of(subject))
    except Unknown:
        return {"name": "", "server": "", "version": ""}
    server, version = version_of(name, {s.name: s.version for s in found.servers})
    return {"name": name, "server": server, "version": version}


def _system(found: Facts) -> dict[str, Any]:
    return {
        "id": found.release.get("ID", ""),
        "version": found.release.get("VERSION_ID", ""),
        "name": found.release.get("PRETTY_NAME", ""),
        "libc": found.libc._asdict(),
        "packages": [one._asdict() for one in found.system],
        "not_read": list(found.unread),
    }


def _sites(image: Image, found: Facts) -> list[dict[str, Any]]:
    from doctor.image.distributions import modules, python_of

    names = modules(image, found.sites)
    return [
        {
            "folder": folder,
            "python": python_of(folder),
            "distributions": {name: one.said.version for name, one in sorted(there.items())},
            "modules": names[folder],
        }
        for folder, there in sorted(found.sites.items())
    ]


def _about(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    stack, system, libc = seen["stack"], seen["system"], seen["system"]["libc"]
    yield "entrypoint", _words(seen["entrypoint"])
    yield "command", _words(seen["command"])
    yield "user", seen["user"] or "root"
    yield "directory", seen["working_directory"]
    yield "ports", ", ".join(seen["ports"])
    yield "system", system["name"] or " ".join((system["id"], system["version"])).strip()
    yield "libc", f"{libc['kind']} {'' if libc['exact'] else 'at least '}{libc['version']}".strip()
    yield "serves", f"{stack['name']}{_of_server(stack)}"
    yield "servers", ", ".join(f"{one['name']} {one['version'] or '?'}" for one in seen["servers"])
    yield "cuda", ", ".join(_told(one) for one in seen["cuda"])
    yield "pythons", ", ".join(f"{x['version'] or '?'} {x['kind']} /{x['path']}" for x in seen["interpreters"])
    yield "aws dlc", ", ".join(f"{k} {v}" for k, v in seen["deep_learning_container"].items())
    yield "labels", ", ".join(f"{k}={v}" for k, v in seen["labels"].items() if not k.startswith(_DLC))
    yield "variables", ", ".join(f"{k}={v}" for k, v in seen["variables"].items())


def _of_server(stack: Mapping[str, str]) -> str:
    if not stack["version"]:
        return ""
    return f" {stack['version']}" if stack["server"] == stack["name"] else f" ({stack['server']} {stack['version']})"


def _told(one: Mapping[str, Any]) -> str:
    return f"{one['part']} {one['version']} ({'built for: ' if one['built'] else ''}{one['where']})"


def _of_reference(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "registry", f"{seen['registry']}{' (holds the cloud' + chr(39) + 's own)' if seen['cloud'] else ''}"
    for key in ("region", "repository", "tag", "digest", "python", "cuda", "os", "processor", "architecture", "neuron"):
        yield key, seen[key]
    yield "serves", ", ".join(x for x in (seen["stack"]["name"], seen["engine"]) if x)
    yield "packages", _versions(seen["packages"])
    for source in seen["sources"]:
        yield "known from", source


def _packages_text(page: Page, seen: Mapping[str, Any]) -> None:
    serving = seen["serving"].lstrip("/")
    for site in seen["sites"]:
        page.line("")
        used = ", what serves" if site["folder"] == serving else ""
        page.line(Text(safe(f"/{site['folder']}"), "bold"), f"  {counted(site['distributions'], 'distribution')}{used}")
        _rows(page, [("", _versions(site["distributions"]))])
    _listed(page, "carried", seen["carried"])
    _listed(page, "conda", seen["conda"])
    _listed(page, "system", seen["system"]["packages"])
    for path in seen["system"]["not_read"]:
        page.line("")
        page.line(Text(safe(f"/{path}"), "bold"), Text("  not read: the system's packages are not all known", "yellow"))


def _listed(page: Page, name: str, packages: list[dict[str, Any]]) -> None:
    if not packages:
        return
    kinds = ", ".join(dict.fromkeys(p["kind"] for p in packages if "kind" in p))
    page.line("")
    page.line(Text(f"{name} packages", "bold"), f"  {len(packages)}{f' ({kinds})' if kinds else ''}")
    shown = {p["name"]: p["version"] for p in packages[:SHOWN]}
    more = f" and {len(packages) - SHOWN} more; --format json has all" if len(packages) > SHOWN else ""
    _rows(page, [("", _versions(shown, "=") + more)])


def _rows(page: Page, rows: Any) -> None:
    for label, text in rows:
        if text:
            page.block(Text(f"{label:<12} " if label else "  ", DIM), Text(safe(text)), indent=2)


def _versions(packages: Mapping[str, str], sign: str = "==") -> str:
    # As pip, conda and apt write it: a name and its version stay on one line.
    return ", ".join(f"{name}{sign}{version or '?'}" for name, version in packages.items())


def _words(words: list[str]) -> str:
    import json

    return json.dumps(words) if words else ""


def counted(rows: Sized, name: str) -> str:
    """Write how many there are: "1 layer", "3 layers"."""
    return f"{len(rows)} {name}{'' if len(rows) == 1 else 's'}"


def amount(count: int) -> str:
    """Write a number of bytes with its unit; "?" where it isn't known."""
    if count < 0:
        return "?"
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{count} B"

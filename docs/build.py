"""``make docs``: writes docs/checks.md from the checks; with --check, fails where it isn't what they say."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from textwrap import dedent

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from doctor import facts, suite  # noqa: E402 - found beside docs only after the line above
from doctor.model import Check, label  # noqa: E402


def page(checks: tuple[Check, ...]) -> str:
    """Return the text of docs/checks.md."""
    parts = [
        "# The checks",
        f"{len(checks)} checks in {len({c.area for c in checks})} areas, over {len({c.fault for c in checks})} classes "
        "of failure. Written by `make docs` from the checks themselves; `doctor explain ID` prints the same.",
        "| check | severity | bites | class |\n|---|---|---|---|\n"
        + "\n".join(f"| [{c.id}](#{c.id}) | {label(c.severity)} | {label(c.stage)} | {c.fault} |" for c in checks),
    ]
    for area, members in groupby(checks, key=lambda c: c.area):
        parts.append(f"## {area}")
        parts += [_section(c) for c in members]
    faults = facts.load("faults")["faults"]
    parts.append("## Classes of failure")
    parts.append("\n".join(f"- **{name}**: {meaning}" for name, meaning in faults.items()))
    return "\n\n".join(parts) + "\n"


def _section(check: Check) -> str:
    lines = [
        f"### {check.id}",
        f"{check.title}. *{label(check.severity)}, {label(check.stage)}, {check.fault}*",
        dedent(check.explanation).strip(),
    ]
    if check.symptoms:
        lines.append("In the log:")
        lines.append("\n".join(f"- `{s}`" for s in check.symptoms))
    lines.append(f"Needs: {', '.join(f'`{i}`' for i in check.inputs)}. Basis: {_link(check.basis)}")
    return "\n\n".join(lines)


def _link(basis: str) -> str:
    return f"<{basis}>" if basis.startswith("http") else basis


def main() -> None:
    """Write the page, or compare it."""
    text = page(suite.load(suite.checks_package()))
    path = HERE / "checks.md"
    if "--check" in sys.argv and (not path.exists() or path.read_text(encoding="utf-8") != text):
        sys.exit("docs/checks.md is not what the checks say; run `make docs`")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

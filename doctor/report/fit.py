"""The answer of ``doctor fit``: terms as bars, instance types as a table, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from doctor import __version__
from doctor.memory.fitting import Fit, Held, amount
from doctor.memory.values import Place, Range, Term, Verdict
from doctor.report.style import safe

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from doctor.memory.estimate import Estimate, Waiting

STYLES = {
    Verdict.FITS: "green",
    Verdict.TIGHT: "yellow",
    Verdict.DOES_NOT_FIT: "red",
    Verdict.UNKNOWN: "bright_black",
}
# One shade a term, so that bars tell them apart without colour too.
_SHADES = (("█", "blue"), ("▓", "cyan"), ("▒", "magenta"), ("░", "yellow"), ("▞", "green"), ("▚", "red"))
_PLACES = {Place.GPU: "GPU memory", Place.HOST: "host memory", Place.DISK: "disk", Place.SHARED: "shared memory"}


def render(estimate: Estimate, *, verbosity: int, colour: bool, width: int) -> str:
    """
    Return the answer as text.

    Args:
        estimate: what was found.
        verbosity: 0 the user's instance, or all types with a GPU and the smallest of each family without; 1 all.
        colour: whether to write ANSI colours.
        width: columns.
    """
    from rich.console import Console

    console = Console(width=width, color_system="standard" if colour else None, force_terminal=colour, highlight=False)
    with console.capture() as captured:
        for part in _parts(estimate, verbosity, width):
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _parts(estimate: Estimate, verbosity: int, width: int) -> Iterable[RenderableType]:
    from rich.text import Text

    yield Text(_heading(estimate), "bold")
    yield Text(_answered(estimate), "bright_black")
    shown = estimate.shown
    if shown:
        for one in shown.held:
            yield Text("")
            yield from _terms(shown, one, width)
    rows = _rows(estimate, verbosity)
    if rows:
        yield Text("")
        yield _table(rows, width)
    if shown and estimate.chosen:
        yield Text("")
        yield _verdict(shown)
    if estimate.waiting:
        yield Text(_waiting(estimate.waiting), "bright_black")
    yield from _said("doubt", estimate.doubts, "bright_black")
    yield from _said("change", estimate.advice, "")
    if estimate.measured:
        yield from _measured(estimate)


def _heading(estimate: Estimate) -> str:
    work = estimate.workload
    parts = [safe(str(estimate.subject.get("artifact", ""))), f"batch {work.batch}"]
    parts += [f"{work.tokens} tokens"] if work.tokens else []
    parts += [f"{work.new_tokens} generated"] if work.new_tokens else []
    return ", ".join(parts)


def _answered(estimate: Estimate) -> str:
    cover = f"; exact rules cover {estimate.coverage:.0%} of the peak" if estimate.tier.value == "trace" else ""
    return f"answered by: {estimate.tier.value} ({safe(estimate.way)}){cover}"


def _terms(fit: Fit, one: Held, width: int) -> Iterable[RenderableType]:
    """One memory of one instance: its terms, each with its bar and where it is from, and their sum."""
    from rich.table import Table
    from rich.text import Text

    many = f" for each of {one.processes} processes" if one.processes > 1 else ""
    yield Text(f"{_PLACES[one.place]} of {fit.instance}{_gpu(fit, one)}{many}", "bold")
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    columns = max(6, min(30, width // 5))
    table.add_column(max_width=max(24, width // 4))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, min_width=columns)
    table.add_column(min_width=16)
    most = max((t.size.expected for t in one.need.terms), default=1) or 1
    for number, term in enumerate((*one.need.terms, *one.once)):
        shade, style = _SHADES[number % len(_SHADES)]
        bar = Text(shade * max(round(term.size.expected / most * columns), 1 if term.size.expected else 0), style)
        table.add_row(
            f"  {term.name}", ranged(term.size), bar, Text(f"{safe(term.how)} [{term.tier.value}]", "bright_black")
        )
    once = " and once what stands in front" if one.once else ""
    whole = "in all" if one.processes == 1 else f"in all, {one.processes} times{once}"
    room = f"of {amount(one.room.expected)}: {one.share:.0%}"
    table.add_row(Text(f"  {whole}", "bold"), Text(ranged(one.size), "bold"), _stacked(one, columns), room)
    yield table


def _gpu(fit: Fit, one: Held) -> str:
    return (
        f" (one of {fit.gpus} {fit.gpu.name})"
        if one.place is Place.GPU and fit.gpu and fit.gpus > 1
        else (f" ({fit.gpu.name})" if one.place is Place.GPU and fit.gpu else "")
    )


def _stacked(one: Held, columns: int) -> RenderableType:
    """All terms on one bar as long as the memory; what stands over is marked."""
    from rich.text import Text

    bar, used = Text(), 0
    for number, term in enumerate(one.need.terms):
        shade, style = _SHADES[number % len(_SHADES)]
        cells = round(term.size.expected * one.processes / max(one.room.expected, 1) * columns)
        cells = min(cells, columns - used)
        bar.append(shade * cells, style)
        used += cells
    if one.share > 1:
        return bar.append("▶", "bold red")
    return bar.append("·" * (columns - used), "bright_black")


def _rows(estimate: Estimate, verbosity: int) -> list[Fit]:
    if estimate.chosen and not verbosity:
        return []
    with_gpu = [f for f in estimate.fits if f.gpu]
    without = [f for f in estimate.fits if not f.gpu]
    return with_gpu + (without if verbosity else _smallest(without))


def _smallest(fits: Sequence[Fit]) -> list[Fit]:
    """The smallest instance of each family that has room; the largest of the family where none has."""
    families: dict[str, Fit] = {}
    for fit in fits:
        family = fit.instance.rpartition(".")[0]
        if family not in families or families[family].verdict is not Verdict.FITS:
            families[family] = fit
    return list(families.values())


def _table(rows: Sequence[Fit], width: int) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    bars = 8 if width >= 110 else 4 if width >= 90 else 0
    for heading in ("instance", "GPUs", "needs", *([""] if bars else []), "verdict"):
        most = 18 if heading == "GPUs" and width < 110 else None
        table.add_column(heading, justify="right" if heading == "needs" else "left", no_wrap=True, max_width=most)
    if wide := width >= 90:
        table.add_column("most, or lacking", min_width=14)
    for fit in rows:
        one = fit.at(Place.GPU) or (fit.held[0] if fit.held else None)
        gpus = f"{fit.gpus} x {fit.gpu.name}" if fit.gpu else ""
        bar = [_bar(one, bars) if one else ""] if bars else []
        last = [Text(_short(fit, one), "bright_black")] if wide else []
        table.add_row(fit.instance, gpus, _of(one), *bar, _word(fit), *last)
    return table


def _of(one: Held | None) -> str:
    """What is needed of what there is: "13.5 of 22.1 GiB", "600 MiB of 22.1 GiB"."""
    if one is None:
        return ""
    need, room = amount(one.size.expected).split(), amount(one.room.expected).split()
    return " ".join((*need[: 1 if need[1] == room[1] else 2], "of", *room))


def _bar(one: Held, columns: int) -> RenderableType:
    from rich.text import Text

    cells = round(min(one.share, 1.0) * columns)
    bar = Text("█" * cells, STYLES[one.verdict]).append("·" * (columns - cells), "bright_black")
    return bar.append("▶" if one.share > 1 else " ", "red")


def _word(fit: Fit) -> RenderableType:
    from rich.text import Text

    return Text(fit.verdict.value, STYLES[fit.verdict])


def _short(fit: Fit, shown: Held | None) -> str:
    """Which memories aren't simply enough, with sizes where the row hasn't shown them already."""
    short = [
        h.place.value if h is shown else f"{h.place.value} {h.share:.0%}"
        for h in fit.held
        if h.verdict is not Verdict.FITS
    ]
    return ", ".join(short) or _most(fit)


def _most(fit: Fit) -> str:
    if fit.reasons:
        return "; ".join(fit.reasons)
    return ", ".join(f"{name} <= {count:,}" for name, count in fit.most.items())


def _verdict(fit: Fit) -> RenderableType:
    from rich.text import Text

    line = Text(f"{fit.instance}: ", "bold").append(fit.verdict.value, f"bold {STYLES[fit.verdict]}")
    said = _most(fit)
    return line.append(f" ({said})" if said else "")


def _waiting(waiting: Waiting) -> str:
    low, expected, high = waiting.whole
    steps = ", ".join(f"{name} {seconds[1]:.0f}" for name, seconds in waiting.steps.items())
    limits = (("download", waiting.download_timeout), ("startup", waiting.startup_timeout))
    known = "".join(f"; {name} timeout {seconds} s" for name, seconds in limits if seconds)
    return f"until it serves: about {expected:.0f} s ({low:.0f}-{high:.0f}): {steps}{known}"


def _said(word: str, sentences: Sequence[str], style: str) -> Iterable[RenderableType]:
    from rich.text import Text

    for sentence in sentences:
        yield Text(f"{word}: {safe(sentence)}", style)


def _measured(estimate: Estimate) -> Iterable[RenderableType]:
    from rich.text import Text

    seen = estimate.measured
    if seen is None:
        return
    off = f", {(seen.estimated - seen.process) / seen.process:+.1%}" if seen.process else ""
    yield Text("")
    yield Text(f"measured on {seen.gpu} (driver {seen.driver}): {amount(seen.process)} of {amount(seen.total)}", "bold")
    yield Text(f"estimated: {amount(seen.estimated)}{off}; reserved by PyTorch: {amount(seen.reserved)}")


def ranged(size: Range) -> str:
    """Return a range of bytes: "1.21 GiB", or "1.21 GiB (1.10-1.42)" where its ends differ."""
    middle = amount(size.expected)
    if middle == amount(size.low) == amount(size.high):
        return middle
    low, high = amount(size.low), amount(size.high)
    unit = middle.rpartition(" ")[2]
    if low.endswith(unit) and high.endswith(unit):
        low, high = low.rpartition(" ")[0], high.rpartition(" ")[0]
    return f"{middle} ({low}-{high})"


def as_json(estimate: Estimate) -> str:
    """Return the answer as JSON (``docs/fit.schema.json``); bytes throughout."""
    return json.dumps(as_value(estimate), indent=1, ensure_ascii=False)


def as_value(estimate: Estimate) -> dict[str, Any]:
    """Return the answer as what JSON can hold."""
    return {
        "version": 1,
        "doctor": __version__,
        "subject": dict(estimate.subject),
        "workload": estimate.workload._asdict(),
        "tier": estimate.tier.value,
        "way": estimate.way,
        "coverage": estimate.coverage,
        "instances": [_fit(f) for f in estimate.fits],
        "chosen": estimate.chosen,
        "doubts": list(estimate.doubts),
        "advice": list(estimate.advice),
        "measured": estimate.measured._asdict() if estimate.measured else None,
        "waiting": estimate.waiting._asdict() if estimate.waiting else None,
    }


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "instance": fit.instance,
        "gpu": fit.gpu.name if fit.gpu else None,
        "gpus": fit.gpus,
        "verdict": fit.verdict.value,
        "reasons": list(fit.reasons),
        "most": dict(fit.most),
        "held": [_held(h) for h in fit.held],
    }


def _held(one: Held) -> dict[str, Any]:
    return {
        "place": one.place.value,
        "processes": one.processes,
        "need": one.size._asdict(),
        "room": one.room._asdict(),
        "verdict": one.verdict.value,
        "certain": one.certain,
        "coverage": one.need.coverage,
        "terms": [_term(t) for t in one.need.terms],
        "once": [_term(t) for t in one.once],
    }


def _term(term: Term) -> dict[str, Any]:
    return {"name": term.name, "size": term.size._asdict(), "how": term.how, "tier": term.tier.value}

"""The report for a person: what to fix first, each finding with its evidence, log line and fix, one summary line."""

from __future__ import annotations

from collections import Counter

from doctor.model import Likelihood, Ran, Ranked, Report, Severity, Status, Tried, label
from doctor.report.style import DIM, SEVERITY_STYLE, Page, Text, safe

_STAGES = {
    "create": "when the endpoint is created", "start": "when the container starts", "load": "when the model loads",
    "first-request": "at the first request", "traffic": "under traffic", "silent": "silently",
}  # fmt: skip


def render(report: Report, *, verbosity: int, colour: bool, width: int) -> str:
    """
    Return the report as text.

    Args:
        report: what to tell.
        verbosity: -1 a line for each finding; 0 the findings; 1 also what could not be examined; 2 also what was clear.
        colour: whether to write ANSI colours.
        width: columns.
    """
    page = Page(width, colour=colour)
    if verbosity < 0:
        for ranked in report.findings:
            page.line(_tag(ranked), f" {safe(ranked.finding.message)}")
        return page.text()
    roots = [r for r in report.findings if not r.because_of]
    for number, root in enumerate(roots):
        if number == 0 and root.check.severity > Severity.NOTE and len(report.findings) > 1:
            page.line(Text("fix this first", "bold"))
        _finding(page, root)
        _consequences(page, report, root)
        page.line("")
    if report.tried is not None:
        _tried(page, report.tried, verbosity)
    if verbosity > 0:
        _unknown(page, report)
    if verbosity > 1:
        _clear(page, report)
    page.block("", summary(report, verbosity))
    return page.text()


def summary(report: Report, verbosity: int = 0) -> Text:
    """Return the one line that counts: findings by severity, checks that were clear, checks that couldn't tell."""
    found = Counter(r.check.severity for r in report.findings)
    states = Counter(o.status for o in report.outcomes)
    line = Text()
    for severity in sorted(Severity, reverse=True):
        if found[severity]:
            line.append(_count(found[severity], label(severity)) + ", ", SEVERITY_STYLE[severity])
    if not report.findings:
        line.append("nothing found, ", "bold green")
    line.append(f"{states[Status.CLEAR]} checks clear")
    if states[Status.UNKNOWN]:
        line.append(f", {states[Status.UNKNOWN]} could not tell")
    if report.unexamined:
        line.append(f", {_count(len(report.unexamined), 'file')} not understood", "yellow")
    if states[Status.CRASHED]:
        line.append(f", {states[Status.CRASHED]} crashed (a defect of doctor: please report it)", "bold red")
    if verbosity < 1 and (states[Status.UNKNOWN] or report.unexamined or states[Status.CRASHED]):
        line.append(f"; -v says why{_what_would_help(report)}", DIM)
    return line


def _finding(page: Page, ranked: Ranked) -> None:
    check, finding = ranked.check, ranked.finding
    surely = "" if finding.likelihood is Likelihood.CERTAIN else f"{label(finding.likelihood)}, "
    page.line(_tag(ranked), Text(f"  {surely}{_STAGES[label(check.stage)]}", DIM))
    page.block("", Text(safe(finding.message), "bold"), indent=2)
    for evidence in finding.evidence:
        page.block(Text(f"{safe(evidence.where)}  ", "blue"), Text(safe(evidence.saw)), indent=4)
    if finding.log:
        page.block(Text("log  ", DIM), Text(safe(finding.log), "italic"), indent=4)
    for number, row in enumerate(finding.fix.splitlines() or [""]):
        page.line("    ", Text("fix  " if number == 0 else "     ", "green"), Text(safe(row), _diff_style(row)))


def _consequences(page: Page, report: Report, root: Ranked) -> None:
    at = report.findings.index(root) + 1
    for ranked in report.findings[at:]:
        if not ranked.because_of:
            return
        page.block(
            Text("then also  ", DIM).append_text(_tag(ranked)).append("  "),
            Text(safe(ranked.finding.message)),
            indent=4,
        )


def _tried(page: Page, tried: Tried, verbosity: int) -> None:
    page.line(Text("tried in ", "bold").append(safe(tried.place)))
    _list(page, "kept apart", tried.isolated if verbosity > 0 else ())
    _list(page, "not kept apart", tried.exposed)
    for step in tried.steps:
        _ran(page, step)
    _list(page, "it also tried", tried.attempts)
    for ranked in tried.cleared:
        page.block(
            Text("cleared  ", "green").append_text(_tag(ranked)).append("  "),
            Text(f"{safe(ranked.finding.message)}; but {safe(ranked.finding.evidence[-1].saw)}"),
            indent=2,
        )
    page.line("")


def _ran(page: Page, step: Ran) -> None:
    memory = f", {step.peak / (1 << 20):.0f} MiB" if step.peak else ""
    style = "green" if step.result == "worked" else DIM if step.result == "not tried" else "red"
    used = Text(f"  {step.seconds:.1f} s{memory}", DIM)
    page.line("  ", Text(f"{step.name:<11}", "bold"), Text(step.result, style), used)
    for row in step.told:
        page.block("", Text(safe(row)), indent=13)


def _list(page: Page, words: str, values: tuple[str, ...]) -> None:
    if values:
        page.block(Text(f"{words}  ", DIM), Text(safe(", ".join(values))), indent=2)


def _tag(ranked: Ranked) -> Text:
    severity = ranked.check.severity
    return Text(f"{label(severity):<7} ", SEVERITY_STYLE[severity]).append(ranked.check.id, "bold")


def _unknown(page: Page, report: Report) -> None:
    by_reason: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.status in {Status.UNKNOWN, Status.CRASHED} or outcome.reasons:
            word = "crashed: " if outcome.status is Status.CRASHED else ""
            for reason in outcome.reasons:
                by_reason.setdefault(word + reason, []).append(outcome.check.id)
    if by_reason or report.unexamined:
        page.line(Text("could not be examined", "bold"))
    for evidence in report.unexamined:
        page.block(Text(f"{safe(evidence.where)}  ", "blue"), Text(safe(evidence.saw)), indent=2)
    for reason, ids in sorted(by_reason.items()):
        page.block("", Text(safe(reason)), indent=2)
        page.block("", Text(", ".join(ids), DIM), indent=4)
    page.line("")


def _clear(page: Page, report: Report) -> None:
    clear = [o.check.id for o in report.outcomes if o.status is Status.CLEAR]
    page.line(Text("clear", "bold"))
    page.block("", Text(", ".join(clear), DIM), indent=2)
    page.line("")


def _what_would_help(report: Report) -> str:
    options = ("--image", "--serving", "--stack", "--instance-type", "--sample")
    reasons = " ".join(r for o in report.outcomes for r in o.reasons)
    wanted = [o for o in options if o in reasons]
    return f" ({', '.join(wanted)} would tell more)" if wanted else ""


def _diff_style(row: str) -> str:
    return "red" if row.startswith("-") else "green"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"

"""The command line: argv to Deployment to Report to text to exit status. With report/, the only code that prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from doctor import __version__
from doctor.errors import BadInput
from doctor.model import Severity, Status

if TYPE_CHECKING:
    from doctor.deployment import Plan
    from doctor.memory.estimate import Estimate
    from doctor.model import Check, Report

F = TypeVar("F", bound=Callable[..., Any])

FAIL_ON = {"note": Severity.NOTE, "warning": Severity.WARNING, "error": Severity.ERROR, "never": None}
ENDPOINTS = ("realtime", "serverless", "async", "batch", "multi-model")
TRIALS = ("load", "invoke", "serve")
STACKS = (
    "pytorch", "huggingface", "tensorflow-serving", "sklearn", "xgboost", "mxnet", "triton", "djl", "tgi", "tei",
    "vllm", "sglang", "mlflow", "mlserver", "torchserve", "multi-model-server", "byoc",
)  # fmt: skip


class _Group(click.Group):
    """Turns the user's mistakes into one line on stderr and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadInput as problem:
            click.echo(f"doctor: {problem}", err=True)
            ctx.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="endpoint-doctor %(version)s")
def main() -> None:
    """Tell which serving errors a model and its image will cause, before they are deployed."""


def _configured(context: click.Context, _option: click.Parameter, path: str | None) -> None:
    """Let a file give the defaults of the command's other options."""
    if path:
        from doctor import config

        options = [p for p in context.command.params if isinstance(p, click.Option)]
        names = {max(p.opts, key=len).lstrip("-").replace("-", "_"): str(p.name) for p in options}
        settings = config.read(path, names.keys() - {"config", "help", "output"})
        context.meta["variables"] = settings.pop("env", [])
        context.default_map = {names[name]: value for name, value in settings.items()}


def _plan_options(command: F) -> F:
    """Add the options that say what is to be deployed."""
    options = (
        click.option(
            "--image", metavar="IMAGE", default="", help="The container: a saved image or an image reference."
        ),
        click.option(
            "--serving", metavar="ENV", default="", help="Its packages: freeze, requirements, venv, conda, MLflow."
        ),
        click.option("--training", metavar="ENV", default="", help="The packages that made the model, likewise."),
        click.option(
            "--stack", type=click.Choice(STACKS), default=None, help="The serving stack, where nothing tells."
        ),
        click.option("--sample", metavar="FILE", default="", help="One request as a client would send it."),
        click.option("--content-type", metavar="TYPE", default="", help="The sample's, such as text/csv."),
        click.option("--instance-type", metavar="TYPE", default="", help="The instance, such as ml.g5.xlarge."),
        click.option("--endpoint", type=click.Choice(ENDPOINTS), default=None, help="The kind of endpoint."),
        click.option("--memory", metavar="MIB", type=int, default=None, help="A serverless endpoint's memory."),
        click.option("--inference-ami", metavar="NAME", default="", help="InferenceAmiVersion of the endpoint."),
        click.option("--startup-timeout", metavar="SECONDS", type=int, default=None, help="For the first ping."),
        click.option("--download-timeout", metavar="SECONDS", type=int, default=None, help="For the model's bytes."),
        click.option("--network-isolation/--no-network-isolation", default=None, help="Whether it has no network."),
        click.option("--region", metavar="NAME", default="", help="The endpoint's, such as eu-west-1."),
        click.option("--offline", is_flag=True, help="Ask no engine and no registry that isn't named."),
        click.option("--env", metavar="K=V", multiple=True, help="A variable that the endpoint sets; repeatable."),
        click.option(
            "--config", metavar="FILE", expose_value=False, is_eager=True, callback=_configured,
            help="Any of these options from a TOML file; the command line goes before it.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _output_options(command: F, forms: tuple[str, ...] = ("text", "json")) -> F:
    """Add the options that say how to answer."""
    command = click.option("--output", metavar="FILE", default="", help="Write there instead of standard output.")(
        command
    )
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default="text",
        show_default=True,
        help="Of the answer.",
    )(command)


@main.command()
@click.argument("artifacts", metavar="ARTIFACT...", nargs=-1, required=True)
@_plan_options
@_output_options
@click.option(
    "--fail-on", type=click.Choice(list(FAIL_ON)), default="error", show_default=True, help="Exit with 1 from here."
)
@click.option(
    "--select", metavar="IDS", multiple=True, help="Run only these checks, areas or faults; commas or repeat."
)
@click.option("--ignore", metavar="IDS", multiple=True, help="Leave these out; commas or repeat.")
@click.option("--trial", type=click.Choice(TRIALS), default=None, help="Also run it in a sandbox, up to there.")
@click.option("--trial-timeout", metavar="SECONDS", type=int, default=None, help="For each of its steps; else 300.")
@click.option("-q", "--quiet", is_flag=True, help="Only findings, a line each.")
@click.option("-v", "--verbose", count=True, help="Also what could not be examined, and what was clear.")
def check(artifacts: tuple[str, ...], form: str, output: str, fail_on: str, **options: Any) -> None:
    """
    Examine ARTIFACT and the container together, and print the serving errors to expect.

    ARTIFACT is a model.tar.gz, another archive, a directory or a single model file. Several, or a directory of
    archives, are examined each alone, then together, as models of one endpoint. Exit status: 0 nothing at or above
    --fail-on, 1 something is, 2 it could not be examined.
    """
    checks = _chosen(_suite(), options.pop("select"), options.pop("ignore"))
    quiet, verbose = options.pop("quiet"), options.pop("verbose")
    shown: dict[str, Any] = {"verbosity": -1 if quiet else verbose, "colour": _colour(output)}
    if _are_several(artifacts):
        _check_several(artifacts, _plan("", **options), checks, form, output, fail_on, shown)
        return
    report = _report(_plan(artifacts[0], **options), checks)
    if form == "json":
        from doctor.report.json import render as as_json

        _write(as_json(report), output)
    else:
        from doctor.report.text import render

        _write(render(report, **shown, width=_width(output)), output)
    sys.exit(_status(report, FAIL_ON[fail_on]))


@main.command()
@click.argument("artifact")
@_plan_options
@_output_options
@click.option("--batch", metavar="N", type=click.IntRange(1), default=1, show_default=True, help="Rows at one time.")
@click.option(
    "--tokens", metavar="N", type=click.IntRange(1), default=None, help="Of each row's input, where it is text."
)
@click.option(
    "--new-tokens", metavar="N", type=click.IntRange(1), default=None, help="That are generated for each row."
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), default=None, help="Processes on each GPU, or without one."
)
@click.option("--measure", is_flag=True, help="Run it on this machine's GPU too, and print both.")
@click.option("--trial-timeout", metavar="SECONDS", type=int, default=None, help="For following its code; else 300.")
@click.option("-v", "--verbose", count=True, help="All instance types, with what their hosts need.")
def fit(artifact: str, form: str, output: str, *, measure: bool, verbose: int, **options: Any) -> None:
    """
    Tell how much memory ARTIFACT needs on a GPU and on its host, and which instance types have it.

    With --serving VENV or an --image in the engine, a PyTorch model's own code is followed there, without a GPU and in
    a sandbox; without, sizes are as its files state. Exit status: 0 it fits --instance-type (or, without, any), 1 it
    doesn't, 2 nothing could be told.
    """
    from doctor.report import fit as written

    estimate = _estimate(_plan(artifact, **options), measure=measure)
    shown: dict[str, Any] = {"verbosity": verbose, "colour": _colour(output), "width": _width(output)}
    _write(written.as_json(estimate) if form == "json" else written.render(estimate, **shown), output)
    sys.exit(estimate.status)


@main.command()
@click.argument("folder")
@_plan_options
def capture(folder: str, **options: Any) -> None:
    """
    Run FOLDER's model on --sample as its endpoint would, and write what it answers into FOLDER/doctor.json.

    Do so where the model was made (--serving VENV, or --image): packed with the model, that file lets `doctor check
    --trial invoke` compare the endpoint's numbers, and the versions, with these.
    """
    if not options["sample"]:
        raise BadInput("capture needs one request: --sample FILE")
    from doctor.capturing import captured

    _write(f"wrote {captured(_plan(folder, **options, trial='invoke'))}", "")


@main.command()
@click.argument(
    "check_id", metavar="ID", shell_complete=lambda _c, _p, start: [c.id for c in _suite() if c.id.startswith(start)]
)
def explain(check_id: str) -> None:
    """Explain the check ID: what it asks, why it matters, how to mend what it finds."""
    found = next((c for c in _suite() if c.id == check_id), None)
    if found is None:
        raise BadInput(f"no check is called {check_id!r}{_nearest(check_id)}; `doctor checks` lists them")
    from doctor.report.explanation import render

    _write(render(found, colour=_colour(""), width=_width("")), "")


@main.command()
@_output_options
def checks(form: str, output: str) -> None:
    """List all checks."""
    from doctor.report.listing import as_json, render

    suite = _suite()
    _write(as_json(suite) if form == "json" else render(suite, colour=_colour(output), width=_width(output)), output)


@main.command()
@click.argument("subject", metavar="ARTIFACT_OR_IMAGE")
@partial(_output_options, forms=("text", "json", "cyclonedx"))
@click.option("--offline", is_flag=True, help="Ask no engine and no registry that isn't named.")
def inspect(subject: str, form: str, output: str, *, offline: bool) -> None:
    """
    Show what was recognised in an artifact or an image, without judging it.

    Of an artifact: files, formats, versions, inputs, outputs, bytes. Of an image: its configuration, Pythons, packages,
    CUDA, servers; --format cyclonedx lists its packages as a bill of materials.
    """
    from doctor.report import inspection

    seen = inspection.look(subject, watch=_progress(), offline=offline)
    text = inspection.written(seen, form, colour=_colour(output), width=_width(output))
    _write(text, output)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes doctor's commands in SHELL; add it to the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise BadInput(f"no completion for {shell}")
    _write(kind(main, {}, "doctor", "_DOCTOR_COMPLETE").source(), "")


def _suite() -> tuple[Check, ...]:
    from doctor import suite

    return suite.load(suite.checks_package())


def _plan(artifact: str, env: tuple[str, ...], **options: Any) -> Plan:
    from doctor.deployment import Plan

    variables: dict[str, str] = {}
    context = click.get_current_context(silent=True)
    for pair in (*(context.meta.get("variables", ()) if context else ()), *env):
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadInput(f"--env {pair}: write it as NAME=VALUE")
        variables[key] = value
    return Plan(artifact=artifact, variables=variables, **{k: v for k, v in options.items() if v is not None})


def _report(plan: Plan, checks: tuple[Check, ...]) -> Report:
    from doctor.deployment import Deployment
    from doctor.reporting import report_on

    watch = _progress()
    deployment = Deployment(plan, watch=watch)
    try:
        return report_on(deployment, checks)
    finally:
        if watch:
            watch.close()
        deployment.close()


def _estimate(plan: Plan, *, measure: bool) -> Estimate:
    from doctor.deployment import Deployment
    from doctor.memory import answering

    watch = _progress()
    plan = plan._replace(trial="load" if answering.can_run(plan) else "", measure=measure)
    deployment = Deployment(plan, watch=watch)
    try:
        return answering.answered(deployment, measure=answering.measuring(deployment) if measure else None)
    finally:
        if watch:
            watch.close()
        deployment.close()


def _are_several(artifacts: tuple[str, ...]) -> bool:
    """Whether the user names several artifacts, or a directory of them; told without cost where it is one file."""
    if len(artifacts) == 1 and not Path(artifacts[0]).is_dir():
        return False
    from doctor.fleet import is_fleet

    return is_fleet(artifacts)


def _check_several(
    artifacts: tuple[str, ...],
    plan: Plan,
    checks: tuple[Check, ...],
    form: str,
    output: str,
    fail_on: str,
    shown: dict[str, Any],
) -> None:
    from doctor.fleetreport import check_fleet
    from doctor.report import fleet

    watch = _progress()
    try:
        found = check_fleet(artifacts, plan, checks, watch)
    finally:
        if watch:
            watch.close()
    text = fleet.as_json(found) if form == "json" else fleet.render(found, **shown, width=_width(output))
    _write(text, output)
    sys.exit(found.status(FAIL_ON[fail_on]))


def _chosen(checks: tuple[Check, ...], select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Check, ...]:
    wanted, unwanted = _words(select), _words(ignore)
    known = {word for c in checks for word in (c.id, c.area, c.fault)}
    for word in (*wanted, *unwanted):
        if word not in known:
            raise BadInput(f"no check, area or fault is called {word!r}{_nearest(word)}; `doctor checks` lists them")
    kept = (c for c in checks if not wanted or {c.id, c.area, c.fault} & set(wanted))
    chosen = tuple(c for c in kept if not {c.id, c.area, c.fault} & set(unwanted))
    if not chosen:
        raise BadInput("--select and --ignore leave no check to run")
    return chosen


def _words(values: tuple[str, ...]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, [c.id for c in _suite()], 1)
    return f"; did you mean {near[0]}?" if near else ""


def _status(report: Report, fail_on: Severity | None) -> int:
    if fail_on is not None and any(f.check.severity >= fail_on for f in report.findings):
        return 1
    return 2 if any(o.status is Status.CRASHED for o in report.outcomes) else 0


def _write(text: str, output: str) -> None:
    if not output:
        click.echo(text.rstrip("\n"), color=True)
        return
    try:
        Path(output).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--output {output}: {error.strerror}; choose a file that can be written") from None


def _colour(output: str) -> bool:
    """Colour on a terminal only, and not where NO_COLOR is set (no-color.org); FORCE_COLOR asks for it."""
    if output or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _width(output: str) -> int:
    if output:
        return 100
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return max(40, min(int(columns), 160))
    try:
        return max(40, min(os.get_terminal_size(sys.stdout.fileno()).columns, 160))
    except (OSError, ValueError):
        return 100


def _progress() -> Any:
    """Return a bar on stderr for reads longer than a second, or None where nobody watches."""
    if not sys.stderr.isatty():
        return None
    from doctor.report.progress import Bar

    return Bar()

"""Check: two installed packages are known not to work together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor import used
from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.versions import meets

if TYPE_CHECKING:
    from doctor.environment import Change, Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="Two installed packages don't work together",
    fault="package-abi-skew",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/aws/sagemaker-xgboost-container/pull/251",
    symptoms=(
        r"ImportError: cannot import name '(url_quote|json|escape|soft_unicode|DEFAULT_CIPHERS|Undefined)'",
        r"ModuleNotFoundError: No module named 'pkg_resources'",
        r"TypeError: check_(array|X_y)\(\) got an unexpected keyword argument 'force_all_finite'",
    ),
    explains=("requirements-break-installed",),
)
def package_abi_skew(handler: Handler, models: Models, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    A package that leaves its dependencies open is one day installed beside a release that came after it.

    flask 2.2 asks for any Werkzeug from 2.2 on, and imports a name that Werkzeug 3 no longer has. The import fails
    although pip found nothing wrong. Pin the dependency below the release that broke it, or take a newer package.
    """
    imported = used.modules(handler, models)
    for row in load("package_pairs")["pairs"]:
        if row["package"] not in serving.packages or row["other"] not in serving.packages:
            continue
        if "stacks" in row and handler.stack not in row["stacks"]:
            continue  # what serves is another's
        seen = _use(row, imported)
        if (row["module"] and seen is None) or not _meets(serving, row["package"], row["versions"]):
            continue
        # What start-up installs comes after the server itself was imported.
        late = not row["module"] and any(c.name == row["other"] and c.kind != "keeps" for c in serving.changes)
        if not late and _meets(serving, row["other"], row["others"]):
            yield _finding(row, seen, serving)


def _use(row: dict[str, Any], imported: dict[str, Evidence]) -> Evidence | None:
    tops = (row["module"], *row.get("imported_by", ())) if row["module"] else ()
    return next((seen for top in tops if (seen := used.first_of(top, imported))), None)


def _meets(serving: Environment, name: str, specifier: str) -> bool:
    if not serving.packages[name]:
        return False  # any version may be there: quiet
    version = serving.version(name)
    return version is not None and meets(version, specifier)


def _finding(row: dict[str, Any], seen: Evidence | None, serving: Environment) -> Finding:
    name, other, effect = row["package"], row["other"], row.get("effect", "can't be imported")
    change = next((c for c in serving.changes if c.name == other and c.kind in {"adds", "replaces"}), None)
    return Finding(
        message=f"{name} {serving.packages[name]} {effect} with {other} {serving.packages[other]}",
        evidence=(
            serving.evidence(name),
            serving.evidence(other),
            *((Evidence(change.where, change.requirement),) if change else ()),
            *((seen,) if seen else ()),
        ),
        fix=_fix(row, change),
        log=row["log"],
        cause=f"serving:pkg/{other}",
    )


def _fix(row: dict[str, Any], change: Change | None) -> str:
    if change:
        return f"- {change.requirement}\n+ {row['needs']}"
    if not row["module"]:  # the server imports it before it installs what the artifact names
        return f"RUN pip install '{row['needs']}'  # in the image's Dockerfile"
    return f"echo '{row['needs']}' >> code/requirements.txt"

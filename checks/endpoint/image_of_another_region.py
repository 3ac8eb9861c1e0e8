"""Check: the image lies in another region, or in an account that this region's images aren't in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.target import Target

_ECR = r"(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)"


@check(
    title="The image is not where the endpoint's region has it",
    fault="network-or-iam",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
    symptoms=(
        r"Requested image .* not found",
        r"Please make sure all images included in the model .* exist",
        r"CannotPullContainerError",
    ),
)
def image_of_another_region(reference: str, target: Target) -> Iterator[Finding]:
    """
    An endpoint pulls its image from its own region, and the account that holds an image differs by region.

    A reference copied from an example names the example's region. Ask ``sagemaker.image_uris.retrieve`` for yours, or
    push your image to this region's registry.
    """
    found = re.match(_ECR, reference)
    if found is None:
        return
    account, region, repository = found.groups()
    wanted = target.region
    if region != wanted:
        yield Finding(
            message=f"the image lies in {region}, and the endpoint is in {wanted}",
            evidence=(Evidence("image:reference", reference), Evidence("target:region", wanted)),
            fix=reference.replace(f".{region}.", f".{wanted}.").replace(
                account, _account(repository, wanted) or account
            ),
            likelihood=Likelihood.LIKELY,
            cause="image:reference",
        )
        return
    right = _account(repository, region)
    if right and account != right and _has(account, repository):
        yield Finding(
            message=f"in {region} the account of {repository} is {right}, and the reference names {account}",
            evidence=(Evidence("image:reference", reference), Evidence("target:region", wanted)),
            fix=reference.replace(account, right),
            cause="image:reference",
        )


def _account(repository: str, region: str) -> str:
    """Return the account that holds one of the platform's own images in a region, "" for any other image."""
    rows = (g for g in load("registries")["groups"] if repository in g["repositories"].split())
    accounts = {a for g in rows for a, regions in g["accounts"].items() if region in regions.split()}
    return accounts.pop() if len(accounts) == 1 else ""


def _has(account: str, repository: str) -> bool:
    """Say whether an account holds one of the platform's own images in some region."""
    return any(
        repository in g["repositories"].split() and account in g["accounts"] for g in load("registries")["groups"]
    )

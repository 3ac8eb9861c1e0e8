"""Check: the image's reference names no registry that an endpoint pulls from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.target import Target

_ECR = r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.(amazonaws|c2s|sc2s)\."


@check(
    title="The image's reference names no registry that an endpoint pulls from",
    fault="network-or-iam",
    severity=Severity.WARNING,
    stage=Stage.CREATE,
    basis="https://github.com/aws/sagemaker-python-sdk/issues/1835",
    symptoms=(r"Please make sure all images included in the model .* exist", r"CannotPullContainerError"),
)
def image_not_in_registry(reference: str, target: Target) -> Iterator[Finding]:
    """
    An endpoint pulls its image by the reference that CreateModel was given, and a local tag names nothing there.

    Push the image to ECR in the endpoint's region and give the whole reference, account and region included. Images in
    private registries outside ECR need RepositoryAccessMode Vpc, which serverless endpoints don't have.
    """
    kind = target.endpoint
    host = reference.split("/", maxsplit=1)[0] if "/" in reference else ""
    remote = "." in host or ":" in host
    if re.match(_ECR, reference) or (remote and kind != "serverless"):
        return
    name = reference.rpartition("/")[2].partition("@")[0]
    region = _region(target)
    place = f"ACCOUNT.dkr.ecr.{region}.amazonaws.com/{name}"
    what = f"lies at {host}, and a serverless endpoint pulls from ECR alone" if remote else "names no registry"
    yield Finding(
        message=f"the image {reference} {what}: the model can't be created with this name",
        evidence=(Evidence("image:reference", reference), Evidence("target:endpoint", kind)),
        fix=f"docker tag {reference} {place} && docker push {place}",
        likelihood=Likelihood.LIKELY,
        log="Please make sure all images included in the model for the production variant AllTraffic exist, and that "
        "the execution role used to create the model has permissions to access them.",
        cause="image:reference",
    )


def _region(target: Target) -> str:
    from doctor.model import Unknown

    try:
        return target.region
    except Unknown:
        return "REGION"

"""Check: the image's manifest is of a kind that CreateModel refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The image has a manifest that the platform refuses",
    fault="image-manifest",
    severity=Severity.WARNING,
    stage=Stage.CREATE,
    basis="mlflow/mlflow#13834",
    symptoms=(r"Unsupported manifest media type application/vnd\.oci\.image\.(index|manifest)\.v1\+json",),
)
def manifest_refused(image: Image) -> Iterator[Finding]:
    """
    CreateModel takes Docker's manifest of an image (schema 2), and refuses OCI indexes and manifests.

    buildx attaches an attestation of provenance, which turns the image into an OCI index; an engine with containerd's
    image store pushes that as it is. Without the attestation, and written as a Docker image, it is taken. An image that
    is in a registry already has to be pushed again.
    """
    from doctor.image.locating import reference_of

    index = "application/vnd.oci.image.index.v1+json"
    layout = not image.names and image.media_type.startswith("application/vnd.oci.")
    if not (image.attested or index in image.manifests or layout):
        return
    kind = index if image.attested or index in image.manifests else image.media_type
    why = ", with an attestation beside the image" if image.attested else ""
    pushed = not image.names and bool(reference_of(image.source))
    place = "in the registry as" if pushed else "saved as"
    consequence = "CreateModel refuses it" if pushed else "pushed as it is, CreateModel refuses it"
    yield Finding(
        message=f"the image is {place} {kind}{why}: {consequence}",
        evidence=(Evidence(f"image:{'manifest' if pushed else 'index.json'}", " > ".join(image.manifests) or kind),),
        fix="docker buildx build --provenance=false --sbom=false --output type=docker ... and push that",
        likelihood=Likelihood.LIKELY,
        log=f"Unsupported manifest media type {kind}",
        cause="image:manifest",
    )

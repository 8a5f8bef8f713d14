"""What an image says of its source in its labels (OCI image specification, annotations), held against what is expected."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.artifact.check import Check
from scanner.artifact.image import REVISION, SOURCE, VERSION, Image
from scanner.artifact.package import same_version
from scanner.artifact.provenance import repository


def labels(images: Iterable[Image], source: str | None, commit: str | None) -> Check:
    """Whether every image names the source; what is not expected is not asked for."""
    images = list(images)
    if not images or (source is None and commit is None):
        return Check("labels", None, "no source is expected")
    for image in images:
        said = {**image.notes, **image.labels}
        if commit is not None and REVISION not in said:
            return Check("labels", False, f"the image has no label {REVISION}, so nothing in it names its commit")
        if commit is not None and said[REVISION] != commit:
            return Check("labels", False, f"the label {REVISION} names another commit than expected")
        if source is not None and SOURCE in said and repository(said[SOURCE]) != repository(source):
            return Check("labels", False, f"the label {SOURCE} names another repository than expected")
        if any(image.notes.get(key, said.get(key)) != said.get(key) for key in (REVISION, SOURCE, VERSION)):
            return Check("labels", False, "labels and annotations of the image contradict each other")
    return Check("labels", True, "the images' labels name the source")


def versions(images: Iterable[Image]) -> list[str]:
    """Every version that images name."""
    return sorted({said[VERSION] for image in images if VERSION in (said := {**image.notes, **image.labels})})


def other_versions(found: Iterable[str], wanted: str) -> list[str]:
    """Those that are not the one that is wanted."""
    return [version for version in found if not same_version(version, wanted)]

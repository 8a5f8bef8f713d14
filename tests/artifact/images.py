"""Images that umoci makes, how a test changes them, and what cosign and builders put beside them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.artifact.keys import Key
from tests.conftest import Repo
from tests.decode.makers import out, tree

Document = dict[str, Any]
CONFIG = "org.opencontainers.image"


@dataclass(frozen=True, slots=True)
class Built:
    """A layout with a base image and an application on it, and the repository of the application."""

    layout: Path
    repo: Repo
    commit: str

    @property
    def app(self) -> str:
        """The application's image."""
        return f"{self.layout}:app"

    @property
    def digest(self) -> str:
        """Of its manifest."""
        return str(next(one["digest"] for one in index(self.layout)["manifests"] if "app" in one["annotations"].values()))


def index(layout: Path) -> Document:
    """The layout's index."""
    found: Document = json.loads((layout / "index.json").read_text())
    return found


def blob(layout: Path, digest: str) -> Path:
    """Where a blob lies."""
    return layout / "blobs" / digest.replace(":", "/")


def add(layout: Path, value: Document | bytes) -> Document:
    """One more blob; its descriptor without a type."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    blob(layout, digest).write_bytes(data)
    return {"digest": digest, "size": len(data)}


def grown(layout: Path, image: str, files: dict[str, bytes], bundle: Path, base: str | None = None) -> None:
    """A layer with these files on an image, by umoci."""
    if base:
        out("umoci", "tag", "--image", f"{layout}:{base}", image)
    out("umoci", "unpack", "--rootless", "--image", f"{layout}:{image}", bundle)
    tree(bundle / "rootfs", files)
    out("umoci", "repack", "--image", f"{layout}:{image}", bundle)


def remade(image: Built, change: Callable[[Document, Document], None]) -> None:
    """The application's image with another manifest or configuration, every digest made again."""
    manifest = json.loads(blob(image.layout, image.digest).read_bytes())
    config = json.loads(blob(image.layout, manifest["config"]["digest"]).read_bytes())
    change(manifest, config)
    manifest["config"].update(add(image.layout, config))
    listed = index(image.layout)
    next(one for one in listed["manifests"] if one["digest"] == image.digest).update(add(image.layout, manifest))
    (image.layout / "index.json").write_text(json.dumps(listed))


def attach(image: Built, layers: list[tuple[bytes, Document]], *, tag: str | None = None) -> None:
    """An artifact beside the image: under a tag of cosign's, or with the image as its subject."""
    layout = image.layout
    made = [{**add(layout, data), **more} for data, more in layers]
    config = {**add(layout, b"{}"), "mediaType": "application/vnd.oci.empty.v1+json"}
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest: Document = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": made}
    if tag is None:
        manifest["subject"] = {"mediaType": kind, "digest": image.digest, "size": blob(layout, image.digest).stat().st_size}
    root = {**add(layout, manifest), "mediaType": kind, **({"annotations": {f"{CONFIG}.ref.name": tag}} if tag else {})}
    listed = index(layout)
    listed["manifests"].append(root)
    (layout / "index.json").write_text(json.dumps(listed))


def simple(digest: str) -> bytes:
    """What cosign signs under the tag."""
    critical = {
        "identity": {"docker-reference": "forge.example/shop/app"}, "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    }  # fmt: skip
    return json.dumps({"critical": critical, "optional": None}).encode()


def simply_signed(image: Built, key: Key, payload: bytes, signed: bytes | None = None) -> None:
    """A signature as cosign writes it before its version 3."""
    signature = base64.b64encode(key.sign(signed or payload)).decode()
    kind = "application/vnd.dev.cosign.simplesigning.v1+json"
    attach(image, [(payload, {"mediaType": kind, "annotations": {"dev.cosignproject.cosign/signature": signature}})],
           tag=image.digest.replace(":", "-") + ".sig")  # fmt: skip


def bundled(key: Key, digest: str, kind: str = "https://sigstore.dev/cosign/sign/v1") -> bytes:
    """A signature as cosign 3 writes it."""
    subject = [{"digest": {"sha256": digest[7:]}}]
    said = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": kind, "predicate": {}}
    return json.dumps({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": key.envelope(json.dumps(said).encode()),
        "verificationMaterial": {"publicKey": {"hint": ""}, "tlogEntries": []},
    }).encode()  # fmt: skip


BUNDLE = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}
SIGNED = frozenset({"signature"})

"""The manifests are what Kubernetes takes, as they stand and as kustomize puts them together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from scanner.cli.root import cli

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
VERSIONS = ("1.29", "1.33")  # of Kubernetes
CUSTOM = {"Cluster", "Kustomization"}  # not of Kubernetes itself
OVERLAYS = sorted(path.parent.name for path in FOLDER.glob("*/kustomization.yaml"))


def documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.fixture(scope="module", params=OVERLAYS)
def together(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What one overlay comes to."""
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl, to put the manifests together")
    made = subprocess.run(["kubectl", "kustomize", FOLDER / request.param], capture_output=True, text=True, check=True)
    return documents(made.stdout)


def pods(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The templates of all pods."""
    specs = [one["spec"] for one in found if one["kind"] in ("CronJob", "Deployment")]
    return [(spec.get("jobTemplate", {}).get("spec") or spec)["template"]["spec"] for spec in specs]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_manifest_is_one(path: Path, version: str) -> None:
    patches = [one["path"] for one in yaml.safe_load((path.parent / "kustomization.yaml").read_text()).get("patches", ())]
    found = documents(path.read_text())
    assert found
    for document in found:
        if isinstance(document, dict) and "kind" in document and document["kind"] not in CUSTOM and path.name not in patches:
            kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_overlay_is_valid_put_together(together: list[dict[str, Any]], version: str) -> None:
    kinds = [document["kind"] for document in together]
    assert "CronJob" in kinds and "NetworkPolicy" in kinds
    for document in together:
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, version, strict=True)
        assert document["kind"] == "Namespace" or document["metadata"]["namespace"] == "leakseal"


def test_no_pod_may_more_than_it_needs(together: list[dict[str, Any]]) -> None:
    for pod in pods(together):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            secured = container["securityContext"]
            assert secured["readOnlyRootFilesystem"] and not secured["allowPrivilegeEscalation"]
            assert secured["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]
            assert container["image"].startswith("registry.example/leakseal:")


def test_the_ledger_is_a_file_or_comes_from_a_secret(together: list[dict[str, Any]]) -> None:
    postgresql = any(document["kind"] == "Cluster" for document in together)
    (pod,) = (one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for one in together if one["kind"] == "CronJob")
    (ledger,) = (one for one in pod["containers"][0]["env"] if one["name"] == "LEAKSEAL_LEDGER")
    assert ("valueFrom" in ledger, "value" in ledger) == (postgresql, not postgresql)
    assert not [document for document in together if document["kind"] == "Secret"]


def test_the_sweep_is_called_as_it_is_understood(together: list[dict[str, Any]], tmp_path: Path) -> None:
    (pod,) = (one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for one in together if one["kind"] == "CronJob")
    said = pod["containers"][0]["args"]
    assert said[:2] == ["sweep", "/etc/leakseal/inventory.yaml"]
    (inventory,) = (one["data"]["inventory.yaml"] for one in together if one["kind"] == "ConfigMap")
    (tmp_path / "inventory.yaml").write_text(inventory)
    done = CliRunner().invoke(cli, ["sweep", str(tmp_path / "inventory.yaml"), *said[2:], "--list"], standalone_mode=False)
    assert (done.exception, done.return_value) == (None, 3), "without its token the forge cannot be listed, and nothing is asked"
    assert "FORGE_TOKEN is not set" in done.output

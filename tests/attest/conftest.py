"""A pair of keys, a policy that trusts it, and evidence of a run that found nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scanner.attest.envelope import envelope, sign
from scanner.attest.judges import Expected
from scanner.attest.keys import PrivateKey, generate, load_private
from scanner.attest.policy import Policy, Trust, Trusted
from scanner.attest.statement import Evidence, GitFacts, Tool, draft, statement
from scanner.attest.strict import document
from scanner.attest.verify import Verdict, verify
from scanner.canon import canonical
from scanner.model.content import Target
from scanner.model.evidence import Leaf
from scanner.model.report import Coverage, Report, Run

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
COMMIT, TREE = "1" * 40, "2" * 40
SHA = "sha256:" + "a" * 64

LEAVES = (
    Leaf("git", "blob", "3" * 40, 10),
    Leaf("git", "commit", COMMIT, 20),
    Leaf("git", "meta", SHA, 30, path="config"),
    Leaf("git", "tree", TREE, 40),
    Leaf("logs", "file", SHA, 50, path="app.log"),
)


def evidence(policy: Policy) -> Evidence:
    """A run over a repository of three objects and a log, in which nothing was found."""
    report = Report(
        targets=(Target("t1", "git", ".", COMMIT), Target("t2", "logs", "logs", None, "files")),
        rules_digest=SHA, rules_count=7, findings=(), gaps=(), run=Run("leakseal 1.2.0"),
        coverage=(("git", Coverage(4, 100, 4)), ("logs", Coverage(1, 50, 1))),
    )  # fmt: skip
    facts = GitFacts(COMMIT, TREE, SHA, dirty=False)
    return Evidence(report, LEAVES, policy, Tool("1.2.0", SHA, (("isal", "1.7.1"),)), SHA, facts, {"text": True, "zip": True})


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], PrivateKey]:
    """Keys by name, each made once."""
    folder, made = tmp_path_factory.mktemp("keys"), dict[str, PrivateKey]()

    def key(name: str) -> PrivateKey:
        if name not in made:
            generate(folder / f"{name}.key", folder / f"{name}.pub", None)
            made[name] = load_private(folder / f"{name}.key", None)
        return made[name]

    return key


@pytest.fixture
def policy(keys: Callable[[str], PrivateKey]) -> Policy:
    """Git and logs are required, and one key is trusted."""
    trusted = (Trusted(keys("scanner").public, ("scanner",)), Trusted(keys("gate").public, ("gate",)))
    return Policy("x/app@production", (("git", (".",)), ("logs", ("logs",))), digest=SHA, rules_least="1.1", trust=Trust(trusted))


@pytest.fixture
def said(policy: Policy) -> dict[str, Any]:
    """The statement of that run as plain values."""
    return document(statement(draft(evidence(policy)), NOW, NOW, "0" * 32), "the statement")


@pytest.fixture
def judged(policy: Policy, keys: Callable[[str], PrivateKey]) -> Callable[..., Verdict]:
    """What `verify` says of a statement, signed by this key, an hour later."""

    def judge(value: object, *, by: str = "scanner", listed: Path | None = None, **other: Any) -> Verdict:
        payload = value if isinstance(value, bytes) else canonical(value)
        signed = envelope(sign(payload, keys(by).public.id, keys(by).sign))
        expected = Expected(policy=policy, trust=policy.trust, now=NOW.replace(hour=13), subject=f"gitCommit:{COMMIT}")
        if listed is not None:
            expected = replace(expected, manifest=lambda: listed.open("rb"))
        return verify(signed, replace(expected, **other))

    return judge

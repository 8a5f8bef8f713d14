"""Names of images."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.artifact.reference import Reference, is_digest, parse
from scanner.errors import UsageError

HEX = "0123456789abcdef" * 4
D256, D512 = f"sha256:{HEX}", f"sha512:{HEX}{HEX}"


@pytest.mark.parametrize("text", [
    "", "docker://", "docker:///app", "docker://host.example/", "docker://host.example/App", "docker://host.example/app:",
    "docker://host.example/app:ta g", "docker://host.example/app@sha256:12", "docker://host.example/app@md5:" + HEX, "docker://host.example/../app",
    "docker://host.example/a//b", "docker://-host.example/app", "docker://host.example:port/app", "docker://host.example/app:" + "t" * 129,
    "docker://host.example/" + "a" * 300, "https://host.example/app", "docker://host.example/app?x=1", "docker://host.example/app\n",
    "docker://host.example/app@sha256:" + HEX.upper(), "docker://host.example/" + "a-" * 400,
])  # fmt: skip
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no reference to an image"):
        parse(text)


@pytest.mark.parametrize(("text", "reference"), [
    ("docker://host.example/shop/app:1.2", Reference("host.example", "shop/app", "1.2")),
    ("host.example/shop/app:1.2", Reference("host.example", "shop/app", "1.2")),
    ("docker://127.0.0.1:5000/app", Reference("127.0.0.1:5000", "app", "latest")),
    ("docker://localhost/app", Reference("localhost", "app", "latest")),
    ("docker://[::1]:5000/app:x", Reference("[::1]:5000", "app", "x")),
    (f"docker://HOST.example/app@{D256}", Reference("host.example", "app", None, D256)),
    (f"docker://host.example/app:1@{D512}", Reference("host.example", "app", "1", D512)),
    ("docker://alpine", Reference("docker.io", "library/alpine", "latest")),
    ("docker://shop/app:1", Reference("docker.io", "shop/app", "1")),
    ("docker://index.docker.io/alpine:3", Reference("docker.io", "library/alpine", "3")),
])  # fmt: skip
def test_a_reference_is_read(text: str, reference: Reference) -> None:
    assert parse(text) == reference


def test_a_digest_wins_over_the_tag_and_a_password_is_not_repeated() -> None:
    assert parse(f"docker://host.example/app:1@{D256}").pointer == D256
    with pytest.raises(UsageError) as said:
        parse("docker://user:hunter2hunter2@host.example/app")
    assert "hunter2" not in said.value.message + said.value.hint


@settings(max_examples=30)
@given(
    st.from_regex(r"[a-z0-9]{1,9}\.[a-z]{2,5}(:[0-9]{1,5})?", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,9}(/[a-z0-9]{1,9}){0,3}", fullmatch=True),
    st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)), st.sampled_from([None, D256, D512]),
)  # fmt: skip
def test_what_is_written_is_read_again(host: str, repository: str, tag: str | None, digest: str | None) -> None:
    repository = repository if not host.startswith("docker.io") else f"a/{repository}"
    made = Reference(host, repository, tag if tag or digest else "latest", digest)
    assert parse(str(made)) == made


@pytest.mark.parametrize("value", [None, 7, "", "sha256:", D256 + "0", D256.upper(), f" {D256}", "sha384:" + HEX])
def test_what_is_no_digest_is_none(value: object) -> None:
    assert not is_digest(value)

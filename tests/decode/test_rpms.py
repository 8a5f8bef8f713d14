"""RPM packages as rpmbuild makes them, and as an attacker does."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decode.conftest import Peeled
from tests.decode.makers import out

Peel = Callable[..., Peeled]
Fields = Callable[..., dict[str | None, bytes]]
SPEC = """
Name: made-up
Version: 1
Release: 1
Summary: a package that says little
License: none
URL: https://example.org/made-up
BuildArch: noarch
%description
described here
%install
mkdir -p %{buildroot}/etc
echo setting=1 > %{buildroot}/etc/app.env
ln -s /etc/passwd %{buildroot}/etc/link
%post
echo installed
%files
/etc/app.env
/etc/link
%changelog
* Mon Jan 01 2024 A Tester <tester@example.org> - 1-1
- changed something
"""


@pytest.fixture(params=["w9.gzdio", "w6.xzdio", "w3.zstdio", "w9.bzdio", "w.ufdio"])
def package(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    (tmp_path / "made-up.spec").write_text(SPEC)
    define = ["--define", f"_topdir {tmp_path}", "--define", f"_binary_payload {request.param}"]
    out("rpmbuild", "-bb", "--quiet", "--nodeps", *define, tmp_path / "made-up.spec")
    (made,) = (tmp_path / "RPMS").rglob("*.rpm")
    return made.read_bytes()


@pytest.mark.parametrize("stream", [False, True])
def test_a_package_has_its_files_and_its_fields(package: bytes, peeled: Peel, peeled_fields: Fields, stream: bool) -> None:
    found = peeled(package, stream=stream)
    assert found.members["./etc/app.env"] == b"setting=1\n"
    assert not found.unseen
    fields = peeled_fields(package, stream=stream)
    assert fields["rpm.postin"] == b"echo installed"
    assert fields["rpm.description"] == b"described here"
    assert fields["rpm.changelogtext"] == b"- changed something"
    assert fields["rpm.url"] == b"https://example.org/made-up"


def test_a_header_that_lies_is_a_gap(peeled: Peel) -> None:
    lead = b"\xed\xab\xee\xdb" + bytes(92)
    for count, size, reason in ((1 << 30, 10, "archive-too-large"), (10, 1 << 31, "archive-too-large"), (5, 50, "truncated")):
        header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">2L", count, size)
        assert peeled(lead + header, stream=True).gaps == [(reason, None)]
    assert peeled(lead + bytes(99)).gaps == [("unreadable", None)]


def test_many_tags_of_one_text_cost_no_more_than_one(peeled: Peel) -> None:
    count, store = 60_000, bytes(1 << 20)
    index = struct.pack(">4L", 1005, 8, 0, 0xFFFFFFFF) * count
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">2L", count, len(store)) + index + store
    found = peeled(b"\xed\xab\xee\xdb" + bytes(92) + header + header)
    assert sum(len(data) for _, _, data in found.chunks) < 10 << 20

"""The archives with which readers are tried are such that other programs read them too: a reader is not tried with what only it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.decode.canaries import CANARIES
from tests.decode.makers import out

TEXT = b"a text of some lines,\nwhich comes to more than a hundred and twenty-eight bytes,\nso that codes are cleared in between\n" * 3
TO_STDOUT = {
    "unlzip": ("lzip", "-dc"),
    "unlz4-legacy": ("lz4", "-dc"),
    "uncompress": ("uncompress", "-c"),
    "unzstd": ("zstd", "-dc"),
    "unlz4": ("lz4", "-dc"),
    "unlzma": ("xz", "-dc", "--format=lzma"),
    "uncab": ("bsdtar", "-xOf", "-"),
    "unxar": ("bsdtar", "-xOf", "-"),
    "unlha": ("bsdtar", "-xOf", "-"),
    "unrar": ("bsdtar", "-xOf", "-"),
    "rpm": ("bsdtar", "-xOf", "-"),
    "uncpio": ("bsdtar", "-xOf", "-"),
    "uncpio-old": ("bsdtar", "-xOf", "-"),
    "unar": ("bsdtar", "-xOf", "-"),
}


@pytest.mark.parametrize("name", TO_STDOUT)
def test_another_program_takes_the_text_out(name: str) -> None:
    assert out(*TO_STDOUT[name], data=CANARIES[name](TEXT)) == TEXT


@pytest.mark.parametrize("name", ["un7z", "uncab", "unlha", "iso"])
def test_7_zip_takes_the_text_out(name: str, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(CANARIES[name](TEXT))
    assert out("7zz", "e", "-so", "-bso0", tmp_path / "made") == TEXT


def test_keytool_opens_the_keystore(tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(CANARIES["keystore"](TEXT))
    assert b"contains 1 entry" in out("keytool", "-list", "-storetype", "JKS", "-storepass", "changeit", "-keystore", tmp_path / "made")

"""OLE files for the tests, written by Perl's OLE::Storage_Lite."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

Tree = Mapping[str, "bytes | Tree"]
_WRITE = r"""
use strict; use warnings; use JSON::PP; use OLE::Storage_Lite;
local $/; my $tree = decode_json(<STDIN>);
sub name { return OLE::Storage_Lite::Asc2Ucs($_[0]) }
sub entries { my ($in) = @_; return map {
  ref $in->{$_} ? OLE::Storage_Lite::PPS::Dir->new(name($_), undef, undef, [entries($in->{$_})])
                : OLE::Storage_Lite::PPS::File->new(name($_), pack("H*", $in->{$_})) } sort keys %$in }
OLE::Storage_Lite::PPS::Root->new(undef, undef, [entries($tree)])->save($ARGV[0]);
"""


def ole(tree: Tree) -> bytes:
    """An OLE file with these streams, and these storages of streams."""
    if subprocess.run(["perl", "-MOLE::Storage_Lite", "-MJSON::PP", "-e1"], capture_output=True, check=False).returncode:
        pytest.skip("needs perl with OLE::Storage_Lite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        subprocess.run(["perl", "-e", _WRITE, str(path)], input=json.dumps(_hexed(tree)).encode(), check=True)
        return path.read_bytes()


def _hexed(tree: Tree) -> dict[str, object]:
    return {name: one.hex() if isinstance(one, bytes) else _hexed(one) for name, one in tree.items()}

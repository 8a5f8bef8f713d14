"""One small content of each format, by the name of the format; the fuzzing of decoders begins with these.

A new reader joins with one line: a function that is given an empty folder and returns the content. Programs are run with `out`, which
skips where one is missing.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

from tests.decode.makers import out, tree
from tests.decode.test_peel import zipped

TEXT = b"".join(b"line %d says little\n" % number for number in range(200))
FILES = {"app.env": b"setting=1\n", "deep/er/b.txt": TEXT, "inner.gz": gzip.compress(TEXT, mtime=0)}


def _tar(form: int, files: dict[str, bytes] = FILES) -> bytes:
    from tests.decode.test_tars import tarred

    return tarred(files, form)


def _by(*words: str, name: str = "made") -> Callable[[Path], bytes]:
    """A program is run where the files are, and writes `../made`."""

    def make(folder: Path) -> bytes:
        tree(folder / "in", FILES)
        out(*words, cwd=folder / "in", data="\n".join(FILES).encode())
        return (folder / name).read_bytes()

    return make


def _printed(*words: str, data: bytes = TEXT) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        tree(folder / "in", FILES)
        return out(*words, cwd=folder / "in", data=data)

    return make


def _image(folder: Path) -> bytes:
    layers = [_tar(tarfile.PAX_FORMAT), gzip.compress(_tar(tarfile.GNU_FORMAT, {"deep/.wh.er": b"", "c": b"c"}), mtime=0)]
    said = {"config": {"Env": ["A=b"]}, "rootfs": {"diff_ids": ["sha256:" + "0" * 64]}, "history": [{"created_by": "x"}]}
    config = json.dumps(said).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "Layers": ["1/layer.tar", "2/layer.tar"]}]).encode()
    return _tar(tarfile.USTAR_FORMAT, {"manifest.json": manifest, name: config, "1/layer.tar": layers[0], "2/layer.tar": layers[1]})


def _rar(folder: Path) -> bytes:
    from tests.decode.test_rars import file, new

    return new(file("a", b"one"), file("deep/b", TEXT))


def _old_rar(folder: Path) -> bytes:
    from tests.decode.test_rars import old, old_file

    return old(old_file(b"a", b"one"), old_file(b"deep\\b", TEXT))


def _rpm(folder: Path) -> bytes:
    from tests.decode.test_rpms import SPEC

    (folder / "made.spec").write_text(SPEC)
    defined = ["--define", f"_topdir {folder}", "--define", "_binary_payload w6.gzdio"]
    out("rpmbuild", "-bb", "--quiet", "--nodeps", *defined, folder / "made.spec")
    (made,) = (folder / "RPMS").rglob("*.rpm")
    return made.read_bytes()


def _deb(folder: Path) -> bytes:
    control = b"Package: made-up\nVersion: 1\nArchitecture: all\nMaintainer: A Tester <tester@example.org>\nDescription: made up\n"
    tree(folder / "root", {"DEBIAN/control": control, **FILES})
    out("dpkg-deb", "--root-owner-group", "-b", folder / "root", folder / "made.deb")
    return (folder / "made.deb").read_bytes()


SPECIMENS: dict[str, tuple[Callable[[Path], bytes], ...]] = {
    "unzip": (lambda folder: zipped(FILES),),
    "gunzip": (lambda folder: gzip.compress(TEXT, mtime=0) * 2,),
    "unxz": (lambda folder: lzma.compress(TEXT) * 2,),
    "unlzma": (lambda folder: lzma.compress(TEXT, lzma.FORMAT_ALONE),),
    "bunzip2": (lambda folder: bz2.compress(TEXT) * 2,),
    "unzstd": (_printed("zstd", "-c"),),
    "unlz4": (_printed("lz4", "-c"),),
    "unlz4-legacy": (_printed("lz4", "-l", "-c"),),
    "unlzip": (_printed("lzip", "-c"),),
    "uncompress": (_printed("compress", "-f", "-c"),),
    "untar": (
        lambda folder: _tar(tarfile.PAX_FORMAT), lambda folder: _tar(tarfile.GNU_FORMAT),
        _printed("tar", "-c", "--format=v7", *FILES),
    ),
    "image": (_image,),
    "unar": (_by("ar", "rcS", "../made", *FILES), _deb),
    "uncpio": (_printed("cpio", "-o", "--quiet", "-H", "newc", data="\n".join(FILES).encode()),
               _printed("cpio", "-o", "--quiet", "-H", "odc", data="\n".join(FILES).encode())),
    "uncpio-old": (_printed("cpio", "-o", "--quiet", "-H", "bin", data="\n".join(FILES).encode()),),
    "rpm": (_rpm,),
    "un7z": (_by("7zz", "a", "-bso0", "../made.7z", ".", name="made.7z"),
             _by("7zz", "a", "-bso0", "-m0=BCJ", "-m1=LZMA", "-mhc=off", "../made.7z", ".", name="made.7z")),
    "unrar": (_rar, _old_rar),
    "iso": (_by("xorriso", "-as", "mkisofs", "-quiet", "-J", "-o", "../made.iso", ".", name="made.iso"),),
}  # fmt: skip

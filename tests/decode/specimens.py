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
import sqlite3
import tarfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from scanner.decode.canaries import CANARIES
from scanner.decode.picturecanaries import screenshot
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


def _of(place: str, *words: object, **options: object) -> Callable[[Path], bytes]:
    """What a test makes with a real library or program; `place` is its "module:function"."""

    def make(folder: Path) -> bytes:
        module, _, name = place.partition(":")
        made: bytes = getattr(import_module(f"tests.decode.{module}"), name)(*words, **options)
        return made

    return make


def _picture(kind: str) -> Callable[[Path], bytes]:
    """With a description, and something behind its end."""
    return lambda folder: _of("test_pictures:_seed", kind)(folder) + b"behind it"


def _heic(folder: Path) -> bytes:
    (folder / "a.png").write_bytes(_of("test_pictures:plain")(folder))
    out("heif-enc", "-o", "a.heic", "a.png", cwd=folder)
    out("exiftool", "-q", "-overwrite_original", "-UserComment=comment", "-XMP:Title=title", "a.heic", cwd=folder)
    return (folder / "a.heic").read_bytes()


def _database(which: str) -> Callable[[Path], bytes]:
    """A database with rows, an index, overflow pages and deleted rows; or its log, or its journal while something is changed."""

    def make(folder: Path) -> bytes:
        base = sqlite3.connect(folder / "a.db", isolation_level=None)
        base.executescript(f"PRAGMA journal_mode={'wal' if which == 'a.db-wal' else 'delete'}; PRAGMA cache_size=1; CREATE TABLE t (a, b);")
        base.execute("BEGIN")
        base.executemany("INSERT INTO t VALUES (?,?)", [("text " * (number % 7), bytes(number * 9)) for number in range(200)])
        for statement in ("CREATE INDEX i ON t (a)", "DELETE FROM t WHERE rowid % 3 = 0", "COMMIT", "BEGIN", "UPDATE t SET a = 'other'"):
            base.execute(statement)
        made = (folder / which).read_bytes()
        base.execute("ROLLBACK")
        base.close()
        return made

    return make


def _sfx(folder: Path) -> bytes:
    """A self-extracting archive: the smallest program of this machine, and a 7z archive."""
    return Path("/bin/true").resolve().read_bytes() + _by("7zz", "a", "-bso0", "../made.7z", ".", name="made.7z")(folder)


def _scanned(kind: str) -> Callable[[Path], bytes]:
    """What Tesseract writes about a page."""

    def make(folder: Path) -> bytes:
        (folder / "a.png").write_bytes(screenshot(b"a page that says little, and twice so"))
        return out("tesseract", folder / "a.png", "-", kind)

    return make


def _canary(name: str) -> tuple[Callable[[Path], bytes], ...]:
    """Of what no program makes here: the content with which its reader is tried."""
    return (lambda folder: CANARIES[name](TEXT[:120]),)


SPECIMENS: dict[str, tuple[Callable[[Path], bytes], ...]] = {
    "unzip": (lambda folder: zipped(FILES), _by("7zz", "a", "-bso0", "-mm=Deflate64", "../made.zip", ".", name="made.zip")),
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
    "un7z": (_by("7zz", "a", "-bso0", "-m0=Deflate64", "../made.7z", ".", name="made.7z"),
             _by("7zz", "a", "-bso0", "../made.7z", ".", name="made.7z"),
             _by("7zz", "a", "-bso0", "-m0=BCJ", "-m1=LZMA", "-mhc=off", "../made.7z", ".", name="made.7z")),
    "unrar": (_rar, _old_rar),
    "iso": (_by("xorriso", "-as", "mkisofs", "-quiet", "-J", "-o", "../made.iso", ".", name="made.iso"),),
    "png": (_picture("PNG"),),
    "jpeg": (_picture("JPEG"),),
    "gif": (_picture("GIF"),),
    "webp": (_picture("WEBP"), *_canary("webp")),
    "tiff": (_picture("TIFF"),),
    "heif": (_heic, _picture("AVIF")),
    "bmp": (_picture("BMP"),),
    "hocr": (_scanned("hocr"),),
    "alto": (_scanned("alto"),),
    "ocr-tsv": (_scanned("tsv"),),
    "ocr-json": _canary("ocr-json"),
    "office": (_of("test_office:word"), _of("test_office:excel"), _of("test_office:slides")),
    "opendocument": (_of("test_opendocument:written"), _of("test_opendocument:sheet")),
    "pdf": (_of("test_pdfs:plain"), _of("test_pdfs:rich"), _of("test_pdfs:revised")),
    "ole": (_of("test_ole:excel"), _of("test_ole:project"), _of("test_ole:message")),
    "uncab": _canary("uncab"),
    "unxar": (_by("bsdtar", "-cf", "../made.xar", "--format", "xar", *FILES, name="made.xar"),),
    "unlha": _canary("unlha"),
    "python": (_of("test_bytecode:python"),),
    "java": (_of("test_bytecode:java"),),
    "keystore": (*(_of("test_keystores:keytool", kind, "changeit") for kind in ("JKS", "JCEKS")), *_canary("keystore")),
    "pkcs12": (_of("test_keystores:keytool", "PKCS12", "changeit"), _of("test_keystores:openssl", "", "-legacy"), *_canary("pkcs12")),
    "avro": (_of("test_columnar:avro"), _of("test_columnar:avro", "deflate")),
    "parquet": (_of("test_columnar:parquet"), _of("test_columnar:parquet", "zstd", dictionary=False)),
    "sqlite": (_database("a.db"),),
    "sqlite-wal": (_database("a.db-wal"),),
    "sqlite-journal": (_database("a.db-journal"),),
    "program": (_sfx, *_canary("program")),
    "script": _canary("script"),
    "flat-opendocument": _canary("flat-opendocument"),
    "rtf": (_of("test_rtf:rtf", r"{\b one}{\*\generator two}\'41\u8364?{\pict\pngblip 89504e470d0a1a0a}{\field{\*\fldinst HYPERLINK x}}"),),
    "notebook": (_of("test_notebooks:notebook"), _of("test_notebooks:notebook", None)),
    "svg": _canary("svg"),
    "html": (_of("test_html:page", "<table><tr><th>a<td>b</table><img src='data:text/plain;base64,YWJj'>&amp;&#65;<script>x</script>"),),
    "mbox": _canary("mbox"),
    "mail": (_of("test_mail:nested", 3), *_canary("mail")),
}  # fmt: skip

"""The formats that hide what they hold from a search of their bytes, told by content; one line for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from scanner.decode.compressed import ZSTD
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.model.content import Unseen

Reader = Callable[[Content], Iterator[Part | Unseen]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how it begins, and who reads it."""

    name: str  # of the step: what is done to it
    title: str  # for a person: "a ZIP archive"
    magic: bytes  # a pattern that the content begins with
    reader: str = ""  # "module:function" in scanner.decode, a Reader; empty: known, and not read
    forwards: bool = False  # it is read in one go, and every byte of it is handed on or is its own overhead
    needs: tuple[str, ...] = ()  # libraries that the reader imports
    extra: str = ""  # the extra that brings them
    test: str = ""  # "module:function" that has the last word about content (bytes) that begins so
    program: str = ""  # what the user has to install for it, where no library would do

    def read(self, content: Content) -> Iterator[Part | Unseen]:
        """What the content holds; raises Stop where it cannot be read at all."""
        if not self.reader:
            raise Stop("unsupported-format", f"{self.title}: its bytes were searched, what it holds was not")
        if any(missing(name) for name in self.needs):
            raise Stop("unsupported-format", f"{self.title}: to read it, install leakseal[{self.extra}]")
        reader: Reader = _named(self.reader)
        return reader(content)


_MARKUP = rb"(?:\xef\xbb\xbf)?\s{0,400}<[!?A-Za-z]"
_KEYSTORE = rb"(?:\xfe\xed\xfe\xed|\xce{4})\0{3}"  # JKS and JCEKS
_PKCS12 = (
    rb"\x30(?:[\x10-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03\x30(?:[\x10-\x80]|\x81.|\x82..|\x83...|\x84....)"
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
)
_MBOX = rb"From (?![0-9a-f]{40} Mon Sep 17 00:00:00 2001)[^\r\n]{1,200}[0-9]:[0-9]{2}[^\r\n]{0,40}\r?\n[!-9;-~]{1,100}:"  # no patch
_MAIL = (
    rb"(?i:return-path|received|delivered-to|from|to|cc|date|subject|message-id|mime-version|reply-to|sender|content-type|user-agent|status|"
    rb"dkim-signature|arc-[a-z-]{1,30}|authentication-results|envelope-to|in-reply-to|references|importance|list-[a-z]{1,20}|thread-[a-z]{1,9}|"
    rb"x-[a-z0-9-]{1,60}|resent-[a-z]{1,20}|content-(?:transfer-encoding|language|disposition)|precedence|auto-submitted|organization|bcc):"
)

FORMATS = (
    Format("png", "a PNG picture", rb"\x89PNG\r\n\x1a\n", "png:read"),
    Format("jpeg", "a JPEG picture", rb"\xff\xd8\xff", "jpeg:read"),
    Format("gif", "a GIF picture", rb"GIF8[79]a", "gif:read"),
    Format("webp", "a WebP picture", rb"RIFF....WEBP", "bitmaps:webp"),
    Format("tiff", "a TIFF picture", rb"II[*+]\0|MM\0[*+]", "bitmaps:tiff"),
    Format("heif", "a HEIF picture", rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1|avi[fs])", "heif:read"),
    Format("bmp", "a BMP picture", rb"BM", "bitmaps:bmp", test="bitmaps:fits_bmp"),
    Format("hocr", "an hOCR file", rb"(?:\xef\xbb\xbf)?\s{0,200}<(?:\?xml|!DOCTYPE|html)", "ocrfiles:hocr", test="ocrfiles:fits_hocr"),
    Format("alto", "an ALTO file", rb"(?:\xef\xbb\xbf)?\s{0,200}<(?:\?xml|alto)", "ocrfiles:alto", test="ocrfiles:fits_alto"),
    Format("ocr-tsv", "a file by Tesseract", rb"level\tpage_num\tblock_num\tpar_num\tline_num", "ocrfiles:tsv"),
    Format("ocr-json", "what an OCR engine said", rb"\s{0,200}\{", "ocrfiles:answers", test="ocrfiles:fits_json"),
    Format("office", "an office document", rb"PK\x03\x04", "office:read", test="office:fits"),
    Format("opendocument", "an OpenDocument file", rb"PK\x03\x04", "opendocument:read", test="opendocument:fits"),
    Format("unzip", "a ZIP archive", rb"PK(?:\x03\x04|\x05\x06|\x07\x08PK\x03\x04)", "zips:read"),
    Format("gunzip", "a gzip file", rb"\x1f\x8b\x08", "compressed:gunzip", forwards=True),
    Format("unxz", "an xz file", rb"\xfd7zXZ\0", "compressed:unxz", forwards=True),
    Format("bunzip2", "a bzip2 file", rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "compressed:bunzip2", forwards=True),
    Format("unzstd", "a zstd file", rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", "compressed:unzstd", True, (ZSTD,), "archives",
           "compressed:is_zstd"),
    Format("unlz4", "an lz4 file", rb"\x04\x22\x4d\x18|[\x50-\x5f]\x2a\x4d\x18", "compressed:unlz4", True, ("lz4",), "archives",
           "compressed:is_lz4"),
    Format("unlz4-legacy", "an lz4 file", rb"\x02\x21\x4c\x18", "compressed:unlz4_legacy", True, ("lz4",), "archives"),
    Format("unlzip", "an lzip file", rb"LZIP\x01", "compressed:unlzip", forwards=True),
    Format("unlzma", "an LZMA file", rb"[\0-\xe0]\0\0", "compressed:unlzma", forwards=True, test="compressed:is_lzma"),
    Format("un7z", "a 7z archive", rb"7z\xbc\xaf\x27\x1c", "sevenzip:read"),
    Format("pdf", "a PDF document", rb"%PDF-", "pdfs:read", needs=("pypdf",), extra="documents"),
    Format("ole", "an OLE document", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole:read", needs=("olefile",), extra="documents"),
    Format("unrar", "a RAR archive", rb"Rar!\x1a\x07(?:\0|\x01\0)", "rars:read"),
    Format("uncab", "a cabinet file", rb"MSCF\0\0\0\0", "extracted:read", program="bsdtar"),
    Format("unxar", "a xar archive", rb"xar!\0\x1c", "extracted:read", program="bsdtar"),
    Format("unlha", "an LHA archive", rb"..-l[hz][0-9ds]-.{12}[\0\x20][\0-\x03]", "extracted:read", program="bsdtar"),
    Format("rpm", "an RPM package", rb"\xed\xab\xee\xdb", "rpms:read", forwards=True),
    Format("unar", "an ar archive", rb"!<(?:arch|thin)>\n", "ars:read", forwards=True),
    Format("uncpio", "a cpio archive", rb"07070(?:[12][0-9A-Fa-f]{104}|7[0-7]{70}|X)", "cpios:read", forwards=True),
    Format("uncpio-old", "a cpio archive", rb"\xc7\x71|\x71\xc7", "cpios:read", forwards=True, test="cpios:is_old"),
    Format("image", "a container image", rb".{257}ustar", "images:read", forwards=True, test="images:is_image"),
    Format("untar", "a tar archive", rb".{257}ustar|[^\0].{99}[ 0-7\0]{24}[ 0-7\0\x80-\xff]{24}[ 0-7\0]{8}", "tars:read", forwards=True,
           test="tarheads:is_tar"),
    Format("python", "a compiled Python file", rb".[\x0c-\x0e]\r\n[\0-\3]\0\0\0", "bytecode:python"),
    Format("java", "a compiled Java class", rb"\xca\xfe\xba\xbe", "bytecode:java", test="bytecode:is_java"),
    Format("keystore", "a Java keystore", _KEYSTORE, "keystores:java"),
    Format("pkcs12", "a PKCS#12 file", _PKCS12, "keystores:pkcs12"),
    Format("avro", "an Avro file", rb"Obj\x01", "columnar:avro"),
    Format("parquet", "a Parquet file", rb"PAR[1E]", "columnar:parquet", needs=("pyarrow",), extra="columnar"),
    Format("sqlite", "an SQLite database", rb"SQLite format 3\0", "sqlite:read"),
    Format("sqlite-wal", "a write-ahead log of SQLite", rb"\x37\x7f\x06[\x82\x83]", "sqlitelog:wal"),
    Format("sqlite-journal", "a journal of SQLite", rb"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "sqlitelog:journal"),
    Format("program", "a program", rb"MZ|\x7fELF", "programs:read", test="programs:fits"),
    Format("script", "a script that carries an archive", rb"#!", "programs:script", test="programs:fits_script"),
    Format("rtf", "a Rich Text document", rb"\{\\rt", "rtf:read"),
    Format("notebook", "a Jupyter notebook", rb"\s{0,20}\{\s{0,20}\"", "notebooks:read", test="notebooks:fits"),
    Format("flat-opendocument", "a flat OpenDocument file", _MARKUP, "opendocument:flat", test="opendocument:fits_flat"),
    Format("svg", "a drawing", _MARKUP, "html:read", test="html:fits_svg"),
    Format("html", "an HTML page", _MARKUP, "html:read", test="html:fits"),
    Format("mbox", "a mailbox", _MBOX, "mail:mbox", forwards=True),
    Format("mail", "a message", _MAIL, "mail:read", test="mail:fits"),
    Format("iso", "an ISO 9660 image", rb".{32769}CD001", "isos:read"),
    Format("uncompress", "a file that compress made", rb"\x1f\x9d[\x09-\x10\x89-\x90]", "lzw:read", forwards=True),
    Format("unlzop", "an lzop file", rb"\x89LZO\0\r\n\x1a\n"),
    Format("unlrzip", "an lrzip file", rb"LRZI"),
    Format("snappy", "a snappy stream", rb"\xff\x06\0\0sNaPpY"),
    Format("unarj", "an ARJ archive", rb"\x60\xea[\0-\xff]{2}\x1e"),
    Format("unace", "an ACE archive", rb".{7}\*\*ACE\*\*"),
    Format("unzoo", "a zoo archive", rb"ZOO [0-9]\.[0-9]{2} Archive\."),
    Format("unsit", "a StuffIt archive", rb"SIT!.{6}rLau|StuffIt "),
    Format("unwim", "a Windows image", rb"MSWIM\0\0\0"),
    Format("squashfs", "a SquashFS file system", rb"hsqs|sqsh"),
    Format("cramfs", "a cramfs file system", rb"\x45\x3d\xcd\x28|\x28\xcd\x3d\x45"),
    Format("qcow", "a QCOW disk image", rb"QFI\xfb"),
    Format("vmdk", "a VMDK disk image", rb"KDMV\x01\0\0\0"),
    Format("vhdx", "a VHDX disk image", rb"vhdxfile"),
    Format("luks", "an encrypted LUKS volume", rb"LUKS\xba\xbe"),
    Format("udf", "a UDF image", rb".{32769}BEA01"),
    Format("git-crypt", "a git-crypt file", rb"\0GITCRYPT\0"),
    Format("age", "an age file", rb"age-encryption\.org/v1"),
)  # fmt: skip
_MAGIC = re.compile(b"|".join(rb"(%s)" % form.magic for form in FORMATS), re.DOTALL)


def recognise(data: bytes) -> Format | None:
    """The format of a content, or None for what needs no reader; its first HEAD bytes are enough."""
    match = _MAGIC.match(data)
    if match is None or match.lastindex is None:
        return None
    form = FORMATS[match.lastindex - 1]
    if not form.test or _named(form.test)(data):
        return form
    return next((other for other in FORMATS[match.lastindex :] if _fits(other, data)), None)


def _fits(form: Format, data: bytes) -> bool:
    return re.match(form.magic, data, re.DOTALL) is not None and (not form.test or bool(_named(form.test)(data)))


def missing(library: str) -> bool:
    """Whether a library is not installed."""
    try:
        return find_spec(library) is None
    except ModuleNotFoundError:  # of a package in a package, the outer one
        return True


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"scanner.decode.{module}"), name)

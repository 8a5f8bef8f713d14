"""By which marks it is noticed that text may be encoded; a table by itself, as a hook needs no more of the encodings."""

from __future__ import annotations

from typing import NamedTuple

BETWEEN = b"\n\x01\n\x01\n"  # no pattern reaches over it, so that texts and names are searched at once


class Mark(NamedTuple):
    """A pattern that ends where text may be encoded; the prefilter looks for it together with the anchors of the rules."""

    kind: str
    pattern: str  # bounded; RE2 and Hyperscan both take it


_ANY = "[A-Za-z0-9+/_-]"
_EDGE = "(?:^|[^A-Za-z0-9+])"  # of a stretch of base64: a slash, a hyphen and an underscore may be the separator before it
# Four characters of base64 that say three of ASCII: of 4,096 that could stand there by chance, 380 do. Four such groups in a row are text,
# so hashes, pictures, long names and paths cost nothing.
_ASCII = f"[CDI-Za-f][AC-HQS-Xgi-nwyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589]{_ANY}"
_WIDE = "[I-Za-f][AQgw][AB][A-Za-z0-9+/]A[C-H][AEIMQUYcgkosw048]A"  # three characters of UTF-16
_PAIR = "(?:[2-7][0-9A-Fa-f]|0[9AaDd])"
_NAMED = "quot|amp|apos|colon|commat|sol|equals|period|lowbar|num|percnt|dollar|plus|hyphen|dash|lcub|rcub|lpar|nbsp"

TEXT, WIDE, PACKED, TAR, HEX, HEX_PACKED = "text", "wide", "packed", "tar", "hex", "hex-packed"
# Stretches: every place counts, as one holds another content.
STRETCHES = (
    Mark(TEXT, f"{_EDGE}(?:{_ASCII}){{4}}"),
    Mark(WIDE, f"{_EDGE}(?:{_WIDE}){{2}}"),
    Mark(PACKED, f"{_EDGE}(?:H4sI|UEsDB|QlpoO|[_/]Td6WFo|KLUv[_/]|77u/)"),
    Mark(TAR, "AAB1c3Rhc"),  # \0\0ustar where its header has it
    Mark(HEX, f"(?:^|[^0-9A-Za-z]|[xX]){_PAIR}{{12}}"),
    Mark(HEX_PACKED, "(?:^|[^0-9A-Za-z]|[xX])(?:1[fF]8[bB]08|504[bB]0304)[0-9A-Fa-f]{16}"),
)
# Characters that are written in another way where they stand: one mark stands for those near it.
_WRITTEN = (
    Mark("percent", "%(?:2[2-6BbDdEeFf]|3[0-9ABDFabdf]|[4-6][0-9A-Fa-f]|7[0-9A-Ea-e])"),
    Mark("unescape", r"\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]"),
    Mark("unescape", r"""\\["/]"""),
    Mark("unescape", r"\\n(?:[ \t]{0,8}[A-Za-z_][A-Za-z0-9_.\-]{2,40}(?:=|: ?))"),
    Mark("unescape", r"[A-Za-z0-9+/]{8}(?:\\r)?\\n[A-Za-z0-9+/]{8}"),
    Mark("html", f"&(?:{_NAMED});"),
    Mark("html", "&#(?:[0-9]{2,5}|[xX][0-9A-Fa-f]{2,5});"),
    Mark("quoted-printable", r"=(?:2[2-9A-F]|3[A-F0-9]|4[0-9A-F]|5[0-9A-F]|[67][0-9A-F])|[^\s=]=\r?\n[^\s=]"),
    Mark("utf-7", r"\+A(?:C[EIMQUYcgkosw048]|[D-G][AEIMQUYcgkosw048]|H[AEIMQUYcgkosw04])[A-Za-z0-9+/]{0,24}-"),
    Mark("ansi", r"\x1b[\[\]PX^_k( -/=>]"),
    Mark("continued", r"\\\r?\n"),
    Mark("docker", '(?:[^\\\\]n|[^nr])","stream":"std'),
    Mark("cri", " std(?:out|err) P "),
    Mark("syslog", "#01[0-5]"),
    Mark("journal", '"[A-Z_]{3,40}" ?: ?\\[ ?[0-9]{1,3} ?,'),
    Mark("prefixed", "-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY"),
)
MARKS = (*STRETCHES, *_WRITTEN)
THIN = len(_WRITTEN)
# A run of one class is looked for with vectors, a mark byte by byte: without this, hexadecimal costs half as much as all rules together.
GATES = {number: "[0-9A-Fa-f]{24}" for number, mark in enumerate(MARKS) if mark.kind == HEX}

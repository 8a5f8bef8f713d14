"""Text that is nothing but text: told without the patterns of all formats, whose compilation takes a tenth of a hook's time.

A format that begins with letters has a line here as well; `tests/decode/test_textonly.py` says so if it is forgotten.
"""

from __future__ import annotations

_PRINTED = bytes([9, 10, 12, 13, *range(32, 127)])
_BEGINNINGS = (  # of formats that begin with letters; what else begins so is looked at more closely by who knows the formats
    b"#!", b"%PDF", b"07070", b"7z", b"!<", b"BM", b"BZh", b"From ", b"GIF8", b"II", b"KDMV", b"LRZI", b"LUKS", b"LZIP", b"MM", b"MSCF",
    b"MSWIM", b"MZ", b"Obj", b"PAR", b"PK", b"QFI", b"RIFF", b"Rar!", b"SIT!", b"SQLite", b"StuffIt", b"ZOO ", b"age-encryption", b"hsqs",
    b"level\t", b"sqsh", b"vhdx", b"xar!",
)  # fmt: skip
_HEADERS = frozenset({
    b"return-path", b"received", b"delivered-to", b"from", b"to", b"cc", b"date", b"subject", b"message-id", b"mime-version", b"reply-to",
    b"sender", b"user-agent", b"status", b"dkim-signature", b"authentication-results", b"envelope-to", b"in-reply-to", b"references",
    b"importance", b"precedence", b"auto-submitted", b"organization", b"bcc",
})  # fmt: skip
_HEADER_BEGINNINGS = (b"arc-", b"content-", b"list-", b"resent-", b"thread-", b"x-")
_NAME = 80  # bytes of the longest name of a header


def plain(data: bytes) -> bool:
    """Whether a content is sure to be text of no format and in no wide encoding; one of which that is not sure may be either."""
    return not (
        0 in data
        or data[:4].translate(None, _PRINTED)
        or data.startswith(_BEGINNINGS)
        or data[:1024].lstrip()[:1] in (b"<", b"{", b"")
        or data[4:8] == b"ftyp"
        or data[2:4] == b"-l"
        or data[7:14] == b"**ACE**"
        or data[257:262] == b"ustar"
        or data[32769:32774] in (b"CD001", b"BEA01")
        or (len(data) > 123 and not data[100:124].strip(b" 01234567"))
        or _mail(data[:_NAME])
    )


def _mail(head: bytes) -> bool:
    name, colon, _ = head.lower().partition(b":")
    return bool(colon) and (name in _HEADERS or name.startswith(_HEADER_BEGINNINGS))

"""Is a setting's value written out, or is it code, a type, a text for people, or filled in from elsewhere?"""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.detect.dsn.entries import Entry
from scanner.detect.dsn.parts import line_end, line_start
from scanner.detect.identifier import identifier

_TYPES = frozenset(
    b"string str text varchar char bytes byte int integer bool boolean optional required nullable object any number array float true"
    b" false yes no on off null none nil undefined encrypted hashed secure masked input field confirmed present sometimes getpass"
    b" prompt password()".split()
)
_MEMBER = re.compile(
    rb"[&*$@]?[A-Za-z_]\w*(?:(?:\.|->|::|\?\.)\$?[A-Za-z_]\w*)+(?:[(\[].*)?\Z", re.DOTALL
)  # settings.password, $this->pass
_CALL = re.compile(rb"[A-Za-z_][\w.]*[({](?:[\w\"'$.&*:\[{(]|\)|\}|\Z)|[A-Za-z_]\w*\[")  # get(…), Value{…}, env[…]
_NEXT = re.compile(rb"[A-Za-z_]\w{1,40}=")  # user= password= dbname=
_JOINED_ON = re.compile(rb"\s{0,4}\+\s{0,4}[*&]?[A-Za-z_][\w.]{0,80}\s{0,4}[,+)]")  # --password="+password+" --force
_ADDRESS = re.compile(rb"[A-Za-z][\w+.\-]{1,40}://")
_NAMED = re.compile(rb"(?:.*[._\-])?(?:pass(?:word|wd)?|pwd|secret|credential|token|key)s?\Z", re.IGNORECASE | re.DOTALL)
_SPOKEN = re.compile(rb"[(\"'`]{0,2}[A-Za-z\x80-\xff'-]+[)\"'`,.:;!?]{0,3}\Z")
_COMMENT = re.compile(rb"[ \t]+(?:#|//).*\Z", re.DOTALL)
_MARKS = b" \t#/;*>$%-+|\"'`"  # comments, list items, prompts, quotes
_QUOTES = (b'"', b"'", b"`")
_LEADERS = frozenset(
    b"export set setx env arg sudo declare local readonly typeset setenv run -e --env -d --set --set-string --from-literal --build-arg"
    b" -x -o".split()
)
_JOINED = (b"=", b"-D", b"--", b"-p:", b"/p:", b"-P")
_LONGEST = 256
_CODE = re.compile(rb"[ \t]{0,8}(?:;|\(|\)|\{|<[A-Z]|\?|\|\||or\b|and\b|if\b|\+|,[ \t]{0,8}\Z)")


def written_out(data: bytes, entry: Entry) -> bool:
    """Whether the value of a password's setting is a password."""
    value = entry.value
    if not value.strip() or value.lower() in _TYPES or _ADDRESS.match(value):
        return False
    if entry.quote or entry.sign == ">":
        return not (_JOINED_ON.match(value) or _prose(value) or _translated(value) or _formatted(data, entry))
    return value[:1] not in b"|>&*!%@{[(#" and not _prose(value) and _in_settings(data, entry)


def whole(data: bytes, entry: Entry) -> Entry:
    """A value of YAML without quotes goes on to the end of the line, or to a comment."""
    before, end = data[line_start(data, entry.start) : entry.start], line_end(data, entry.last)
    if entry.quote or entry.sign != ":" or b"{" in before or end - entry.last > _LONGEST or data[entry.last : entry.last + 1] not in b" \t":
        return entry
    value = _COMMENT.sub(b"", data[entry.first : end]).rstrip()
    return replace(entry, value=value, last=entry.first + len(value)) if len(value) > len(entry.value) else entry


def _prose(value: bytes) -> bool:
    """Several words, most of them of letters only: a text for people."""
    words = value.split()
    return len(words) > 1 and 2 * sum(_SPOKEN.match(word) is not None for word in words) >= len(words)


def _goes_on(rest: bytes) -> bool:
    """Whether a sentence goes on behind a value."""
    text = rest.strip()
    return text[:1].isalpha() and _prose(text) and b" -" not in text and b"=" not in text


def _in_settings(data: bytes, entry: Entry) -> bool:
    """Whether a value without quotes stands in a setting or on a command line, and not in a program."""
    before = data[line_start(data, entry.start) : entry.start]
    rest = data[entry.last : line_end(data, entry.last)]
    if _CALL.match(entry.value) or (_MEMBER.match(entry.value) and identifier(entry.value)) or (entry.name.islower() and _goes_on(rest)):
        return False
    if not before.endswith(_QUOTES) and (b"?" in before or b"(" in before.replace(b"$(", b"")):
        return False
    spaced = data[entry.first - 1 : entry.first] in (b" ", b"\t")
    if spaced and _NEXT.match(entry.value):
        return False
    doubtful = identifier(entry.value) or _NAMED.match(entry.value) is not None
    if entry.sign == ":":
        if before.endswith(b"`"):
            return False  # Markdown
        flow = b"{" in before or rest.lstrip().startswith((b",", b"}"))
        return spaced and not (flow and doubtful) and not _CODE.match(rest) and (flow or not before.strip(_MARKS))
    if _CODE.match(rest) or (spaced and entry.sign == "=" and doubtful):
        return False
    return entry.sign == " " or _leads(before, entry.name)


def _leads(before: bytes, name: str) -> bool:
    """Whether what stands before a name on its line lets a setting follow: nothing, `export`, another setting, an option."""
    if not before.strip(_MARKS) or before.endswith((*_QUOTES, *_JOINED)):
        return True
    last = before.split()[-1].lstrip(b"\"'`")
    return last.lower() in _LEADERS or b"=" in last or last.endswith(b",") or name.lower().startswith("ansible_")


def _translated(value: bytes) -> bool:
    """Letters beyond ASCII and no digit: a label in some language."""
    return any(byte >= 0x80 for byte in value) and not any(48 <= byte <= 57 for byte in value)


def _formatted(data: bytes, entry: Entry) -> bool:
    """f"{password}", $"{x}": the letter before the quote says that it is filled in."""
    return data[max(0, entry.first - 2) : entry.first - 1] in (b"f", b"$") and b"{" in entry.value

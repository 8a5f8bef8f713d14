"""DER and BER (X.690) as far as keystores need it: values one behind the other, of bounded depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SEQUENCE, SET, INTEGER, OCTETS, OID = 0x30, 0x31, 2, 4, 6
_DEEPEST = 20


class Broken(Exception):
    """It is no DER."""


class Node(NamedTuple):
    """A value: its tag, and what it holds."""

    tag: int
    data: bytes

    @property
    def below(self) -> list[Node]:
        """The values in it."""
        return list(nodes(self.data))

    @property
    def number(self) -> int:
        """An INTEGER."""
        return int.from_bytes(self.data, "big", signed=True)

    @property
    def octets(self) -> bytes:
        """An OCTET STRING, joined where it was written in pieces."""
        if not self.tag & 0x20:
            return self.data
        return b"".join(piece.octets if piece.tag & 0x20 and piece.data != self.data else piece.data for piece in self.below)


def nodes(data: bytes, depth: int = 0) -> Iterator[Node]:
    """The values one behind the other; raises Broken."""
    at = 0
    while at < len(data):
        node, at = _node(data, at, depth)
        if node is None:
            return
        yield node


def first(data: bytes) -> Node:
    """The first value."""
    node, _ = _node(data, 0, 0)
    if node is None:
        raise Broken
    return node


def _node(data: bytes, at: int, depth: int) -> tuple[Node | None, int]:
    if at + 2 > len(data) or depth > _DEEPEST:
        raise Broken
    tag, size = data[at], data[at + 1]
    at += 2
    if tag == 0 and size == 0:
        return None, at
    if size == 0x80:  # it ends where two zeros stand (BER)
        end = at
        while True:
            node, after = _node(data, end, depth + 1)
            if node is None:
                return Node(tag, data[at:end]), after
            end = after
    if size > 0x80:
        length = size & 0x7F
        size, at = int.from_bytes(data[at : at + length], "big"), at + length
    if size > len(data) - at:
        raise Broken
    return Node(tag, data[at : at + size]), at + size


def oid(dotted: str) -> bytes:
    """An object identifier as it is written."""
    head, second, *rest = map(int, dotted.split("."))
    made = [head * 40 + second]
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.insert(0, number & 0x7F | 0x80)
        made += digits
    return bytes(made)

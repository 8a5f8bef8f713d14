"""Just enough DER to tell a private key from everything else that is base64."""

from __future__ import annotations

SEQUENCE, INTEGER, OBJECT_ID = 0x30, 0x02, 0x06
_ALGORITHMS = {  # RFC 8017, 5480, 8410, 3279
    "2a864886f70d010101": "RSA", "2a864886f70d01010a": "RSA-PSS", "2a8648ce3d0201": "EC", "2a8648ce380401": "DSA",
    "2b656e": "X25519", "2b656f": "X448", "2b6570": "Ed25519", "2b6571": "Ed448",
}  # fmt: skip


def header(data: bytes, at: int = 0) -> tuple[int, int, int] | None:
    """Tag, start and end of the content of the element at `at`; the end may lie beyond the data if it was cut."""
    if at + 2 > len(data):
        return None
    tag, length = data[at], data[at + 1]
    start = at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            return None
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return tag, start, start + length


def private_key(data: bytes) -> bool | None:
    """True for a SEQUENCE that opens with a version number, as private keys do; None if it was also cut short."""
    outer = header(data)
    if outer is None or outer[0] != SEQUENCE:
        return False
    inner = header(data, outer[1])
    if inner is None or inner[0] != INTEGER or inner[2] - inner[1] != 1 or inner[2] >= len(data) or data[inner[1]] > 3:
        return False
    return True if outer[2] <= len(data) else None


def algorithm(data: bytes) -> str | None:
    """The algorithm that a PKCS#8 key names after its version number, if it is a known one."""
    at = end = 0
    for tag in (SEQUENCE, INTEGER, SEQUENCE, OBJECT_ID):
        found = header(data, at)
        if found is None or found[0] != tag:
            return None
        _, start, end = found
        at = end if tag == INTEGER else start
    return _ALGORITHMS.get(data[at:end].hex())

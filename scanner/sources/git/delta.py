"""Pack deltas (gitformat-pack, "Deltified representation"): copies out of a base, and a little that is new."""

from __future__ import annotations

_OPERATIONS = 40  # read at most; most deltas have fewer, and a long tail of small pieces is cheaper searched than read
_STEP = 1 << 12
_WIDEST = 70  # bits of a number
_FINE = 4096  # bytes of a copy below which nothing is gained by knowing of it


def sizes(delta: bytes) -> tuple[int, int]:
    """(size of the result, where the operations begin); raises IndexError where the delta is cut short."""
    at = 0
    while delta[at] & 128:
        at += 1
    at += 1
    byte = delta[at]
    size, shift = byte & 127, 7
    while byte & 128:
        at += 1
        byte = delta[at]
        size |= (byte & 127) << shift
        shift += 7
        if shift > _WIDEST:
            raise IndexError
    return size, at + 1


def copies(delta: bytes, base: bytes, made: bytes) -> list[tuple[int, int, int]]:
    """(start, length, source): stretches of `made` that stand in `base` too, in order; not all of them, but the long ones."""
    found: list[tuple[int, int, int]] = []
    _, at = sizes(delta)
    end = len(delta)
    start = operations = 0
    begun = source = length = 0  # the copy that is being joined from several
    while at < end and operations < _OPERATIONS:
        operations += 1
        code = delta[at]
        at += 1
        if not code & 128:
            at += code
            start += code
            continue
        offset = size = 0
        if code & 1:
            offset = delta[at]
            at += 1
        if code & 2:
            offset |= delta[at] << 8
            at += 1
        if code & 4:
            offset |= delta[at] << 16
            at += 1
        if code & 8:
            offset |= delta[at] << 24
            at += 1
        if code & 16:
            size = delta[at]
            at += 1
        if code & 32:
            size |= delta[at] << 8
            at += 1
        if code & 64:
            size |= delta[at] << 16
            at += 1
        size = size or 0x10000
        if start == begun + length and offset == source + length:
            length += size
        else:
            if length >= _FINE:
                found.append((begun, length, source))
            begun, source, length = start, offset, size
        start += size
    if length >= _FINE:
        found.append((begun, length, source))
    if at < end and (tail := _common_end(base, made, min(len(base), len(made) - start))):
        found.append((len(made) - tail, tail, len(base) - tail))
    return found


def _common_end(base: bytes, made: bytes, most: int) -> int:
    """A number of bytes, at most `most`, with which both end; not always the largest."""
    low, step = 0, _STEP
    size, full = len(base), len(made)
    while low < most:
        high = min(low + step, most)
        if not base.endswith(made[full - high : full - low], 0, size - low):
            break
        low, step = high, step * 4
    else:
        return most
    while high - low > _FINE:
        middle = (low + high) // 2
        if base.endswith(made[full - middle : full - low], 0, size - low):
            low = middle
        else:
            high = middle
    return low

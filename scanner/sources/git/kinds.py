"""What Git's objects are, and what can be wrong with one; imported by everything, so it imports nothing."""

from __future__ import annotations

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
KINDS = {b"commit": COMMIT, b"tree": TREE, b"blob": BLOB, b"tag": TAG}
WHOLE_LIMIT = 32 << 20  # bytes of content that may be held in memory at once; more is streamed


class Damaged(Exception):
    """This copy of an object cannot be read here; Git may know another one."""


class TooLarge(Exception):
    """The object is larger than may be held whole."""

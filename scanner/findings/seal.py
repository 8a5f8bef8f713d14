"""Where plaintext ends: a value becomes a fingerprint that nobody can turn back."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scanner.errors import ConfigError
from scanner.findings.strength import strong

KEY_LEAST = 16
if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_DOMAIN = b"leakseal secret v1\0"
_MEMO_MOST = 1 << 16


class Seal:
    """Fingerprints of one project, under its key, or under its salt alone where there is no key."""

    __slots__ = ("_ahead", "_key", "_key_id", "_memo", "_pool", "_salt")

    def __init__(self, key: bytes | None, salt: bytes) -> None:
        if key is not None and len(key) < KEY_LEAST:
            raise ConfigError(f"the fingerprint key is shorter than {KEY_LEAST} bytes", hint="make one with `openssl rand -hex 32`")
        self._key = key
        self._salt = salt
        self._key_id = hmac.digest(key, b"leakseal key id", "sha256").hex()[:8] if key is not None else None
        self._ahead: list[Future[str]] = []
        self._pool: ThreadPoolExecutor | None = None
        self._memo: dict[bytes, str] = {}  # by digest: many matches share one secret

    def __repr__(self) -> str:
        return f"Seal({'hmac-sha256:' + self._key_id if self._key_id else 'salted'})"

    def __reduce__(self) -> str:
        raise TypeError("a seal stays in the process that made it")

    def fingerprint(self, value: bytes) -> str:
        """What stands for this secret everywhere: the same for every rule, path and line ending, and of no use to find the secret."""
        value = value.replace(b"\r\n", b"\n")
        known = hashlib.blake2b(value, digest_size=16).digest()
        if known not in self._memo:
            if len(self._memo) >= _MEMO_MOST:
                self._memo.clear()
            self._memo[known] = self._make(value)
        return self._memo[known]

    def foresee(self, values: Iterable[bytes]) -> None:
        """Begin with these while the caller has other things to do; needs a process that will not be forked any more."""
        if self._key is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = self._pool or ThreadPoolExecutor(1)
            self._ahead += [self._pool.submit(self.fingerprint, value) for value in sorted(set(values)) if not strong(value)]

    def fingerprints(self, values: Iterable[bytes]) -> tuple[str, ...]:
        """Many at once, in the order given; slow hashes run beside each other, as scrypt lets other threads run."""
        while self._ahead:
            self._ahead.pop().result()
        wanted = list(values)
        distinct = sorted(set(wanted))
        if self._key is None and len(distinct) > 2:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
                made = dict(zip(distinct, pool.map(self.fingerprint, distinct), strict=True))
        else:
            made = {value: self.fingerprint(value) for value in distinct}
        return tuple(made[value] for value in wanted)

    def _make(self, value: bytes) -> str:
        if self._key is not None:
            return f"hmac-sha256:{self._key_id}:{hmac.digest(self._key, _DOMAIN + value, 'sha256').hex()}"
        if strong(value):
            return f"salted-hmac-v1:{hmac.digest(self._salt, _DOMAIN + value, 'sha256').hex()}"
        # The salt is public to whoever reads the repository, so that a guess has to cost something.
        return "scrypt-v1:" + hashlib.scrypt(value, salt=_DOMAIN + self._salt, n=2**11, r=8, p=1, dklen=16).hex()


def finding_id(rule: str, fingerprint: str) -> str:
    """Names a secret under a rule; survives line moves, renames and rebases."""
    return hashlib.sha256(f"{rule}\0{fingerprint}".encode()).hexdigest()[:16]

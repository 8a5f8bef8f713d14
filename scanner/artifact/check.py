"""Whether an artifact may be released: numbered checks, each with its outcome.

 1 reference     it is named by its digest, and not by a tag alone
 2 content       every part has the digest by which it is named
 3 expected      its digest is the one that every place says that names it
 4 metadata      a package's own record of itself is whole and true
 5 version       metadata, labels and Git tag have the version that is expected
 6 labels        the image's labels name the source
 7 signature     a trusted key signed this digest
 8 envelope      the provenance is a DSSE envelope or a Sigstore bundle, strictly written
 9 signer        a trusted key with the role `builder` signed exactly these bytes
10 key           the key was valid on that day, and not revoked
11 statement     an in-toto Statement v1 with SLSA provenance v1
12 subject       it speaks of this artifact, by its digest
13 builder       the builder is one of those that may build it
14 source        it was built from the repository that is expected
15 commit        it was built from the commit that is expected
16 parameters    no parameter from outside is unknown, or other than expected
17 dependencies  what it was built from is named by digest
18 base          its lowest layers are those of the base image
19 binding       every file in it is one of the commit's, or made by known packaging
20 secrets       no secret stands in it
21 coverage      all of it was read
22 unmoved       the tag still stands for the digest that was looked at
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NOT_TRUSTED, LEAKS, INCOMPLETE = 4, 1, 3
_WORST = (NOT_TRUSTED, LEAKS, INCOMPLETE)
NAMES = (
    "reference", "content", "expected", "metadata", "version", "labels", "signature", "envelope", "signer", "key", "statement", "subject",
    "builder", "source", "commit", "parameters", "dependencies", "base", "binding", "secrets", "coverage", "unmoved",
)  # fmt: skip
PROVENANCE = NAMES[NAMES.index("envelope") : NAMES.index("base")]
WORDS: Mapping[bool | None, str] = {True: "held", False: "failed", None: "not-asked"}


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, whether it held (None: not asked for), a sentence, and the exit code if it did not hold."""

    name: str
    held: bool | None
    said: str
    code: int = NOT_TRUSTED

    @property
    def number(self) -> int:
        """Its place in the list, from 1."""
        return NAMES.index(self.name) + 1


class Book:
    """Where checks are written down as they are made."""

    def __init__(self) -> None:
        self._done: dict[str, Check] = {}

    def note(self, name: str, problem: str, fine: str, code: int = NOT_TRUSTED) -> bool:
        """A check that was made: what is wrong, or nothing; answers whether it held. Of several problems the first of the worst is told."""
        had = self._done.get(name)
        worse = had is not None and bool(problem) and _WORST.index(code) < _WORST.index(had.code)
        if had is None or had.held is not False or worse:
            self._done[name] = Check(name, not problem, problem or fine, code)
        return not problem

    def add(self, checks: Iterable[Check]) -> None:
        """Checks that were made elsewhere."""
        for check in checks:
            self._done.setdefault(check.name, check)

    def ended(self) -> tuple[Check, ...]:
        """All checks in order, those that were not made too."""
        return tuple(self._done.get(name) or Check(name, None, "not looked at") for name in NAMES)


def exit_code(checks: Iterable[Check]) -> int:
    """0; or 4 before 1 before 3, by what did not hold."""
    failed = {check.code for check in checks if check.held is False}
    return next((code for code in _WORST if code in failed), 0)


__all__ = ["INCOMPLETE", "LEAKS", "NAMES", "NOT_TRUSTED", "PROVENANCE", "WORDS", "Book", "Check", "exit_code"]

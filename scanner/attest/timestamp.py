"""Time stamps (RFC 3161): somebody else's word that a signature was there at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.attest.distrust import Distrust
from scanner.errors import LeaksealError, UsageError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

MOST = 1 << 16  # bytes of an answer
_FILE_MOST = 1 << 20
_SECONDS = 30
_SHA256 = "2.16.840.1.101.3.4.2.1"
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose time counts: its certificate or those above it, and on which days."""

    certificates: tuple[Certificate, ...] = field(repr=False)
    since: date | None = None
    until: date | None = None  # the last day on which its word counts

    def covers(self, time: datetime) -> bool:
        """Whether its word counts on that day."""
        return (self.since is None or time.date() >= self.since) and (self.until is None or time.date() <= self.until)


def load_certificates(path: Path) -> tuple[Certificate, ...]:
    """The certificates in a PEM file; raises UsageError."""
    from cryptography.x509 import load_pem_x509_certificates

    hint = "name a PEM file with the authority's certificate, or with those that it stands on"
    try:
        with path.open("rb") as file:
            return tuple(load_pem_x509_certificates(file.read(_FILE_MOST)))
    except OSError as problem:
        raise UsageError(f"the certificates {path} cannot be read: {problem.strerror}", hint=hint) from None
    except ValueError:
        raise UsageError(f"{path} has no certificate in PEM", hint=hint) from None


def askable(url: str) -> None:
    """Raises UsageError where no authority can be asked in that way."""
    if not url.startswith(("http://", "https://")):
        raise UsageError("a time-stamp authority is asked by HTTP", hint="write its URL with --tsa https://…")
    if find_spec("rfc3161_client") is None:
        raise _lacking()


def ask(url: str, signature: bytes) -> bytes:
    """The answer of the authority at `url` about these bytes, which leave this machine as a digest; raises LeaksealError."""
    from http.client import HTTPException
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    askable(url)
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    asked = TimestampRequestBuilder().data(signature).hash_algorithm(HashAlgorithm.SHA256).build()

    class Straight(HTTPRedirectHandler):
        def redirect_request(self, *words: object) -> None:
            """It is asked where the user said, and nowhere else."""

    request = Request(url, data=asked.as_bytes(), headers={"Content-Type": _QUERY, "Accept": _REPLY})  # noqa: S310 checked above
    try:
        with build_opener(Straight).open(request, timeout=_SECONDS) as reply:
            data: bytes = reply.read(MOST + 1)
    except (OSError, HTTPException, ValueError) as problem:
        said = f"the time-stamp authority does not answer: {type(problem).__name__}"
        raise LeaksealError(said, hint="check --tsa, or leave it out") from None
    try:
        answer = _decoded(data)
        if answer.tst_info.nonce != asked.nonce:
            raise Distrust("it is an answer to another question")
        _about(answer, signature)
    except Distrust as doubt:
        raise LeaksealError(f"the time-stamp authority's answer is of no use: {doubt.message}", hint="ask another with --tsa") from None
    return data


def time_of(tokens: Sequence[bytes], signature: bytes, authorities: Sequence[Authority]) -> datetime:
    """The earliest time at which a trusted authority saw the signature, UTC; raises Distrust with the first reason if there is none."""
    found, doubts = [], []
    for token in tokens:
        try:
            found.append(_time(token, signature, authorities))
        except Distrust as doubt:
            doubts.append(doubt)
    if not found:
        raise doubts[0] if doubts else Distrust("it has no time stamp")
    return min(found)


def _time(token: bytes, signature: bytes, authorities: Sequence[Authority]) -> datetime:
    answer = _decoded(token)
    _about(answer, signature)
    time: datetime = answer.tst_info.gen_time
    if not any(_made_by(one, token, signature) for one in authorities if one.covers(time)):
        raise Distrust("no trusted authority made the time stamp, with a certificate that was valid then")
    return time


def _made_by(one: Authority, token: bytes, signature: bytes) -> bool:
    from rfc3161_client import VerificationError, VerifierBuilder

    roots = [held for held in one.certificates if held.issuer == held.subject] or list(one.certificates)
    others = [held for held in one.certificates if held not in roots]
    verifier = VerifierBuilder(roots=roots, intermediates=others).build()
    try:
        return bool(verifier.verify(_decoded(token), hashlib.sha256(signature).digest()))
    except (VerificationError, ValueError):
        return False
    except BaseException as problem:
        _unless_panic(problem)
        return False


def _about(answer: TimeStampResponse, signature: bytes) -> None:
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or bytes(imprint.message) != hashlib.sha256(signature).digest():
        raise Distrust("the time stamp is of something else than this signature")


def _decoded(token: bytes) -> TimeStampResponse:
    try:
        from rfc3161_client import PKIStatus, decode_timestamp_response
    except ModuleNotFoundError:
        raise _lacking() from None
    if len(token) > MOST:
        raise Distrust("the time stamp is larger than any")
    try:
        answer = decode_timestamp_response(token)
        granted = answer.status in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS) and answer.tst_info is not None
        answer.tst_info.gen_time  # noqa: B018 read only when asked for
    except ValueError:
        raise Distrust("the time stamp is none, as RFC 3161 has them") from None
    except BaseException as problem:
        _unless_panic(problem)
        raise Distrust("the time stamp is none, as RFC 3161 has them") from None
    if not granted:
        raise Distrust("the authority refused to give a time stamp")
    return answer


def _lacking() -> UsageError:
    return UsageError("time stamps need the package rfc3161-client", hint="run `pip install 'leakseal[tsa]'`")


def _unless_panic(problem: BaseException) -> None:
    """Raise it again unless the library, which is written in Rust, gave up on what it was given."""
    if type(problem).__name__ != "PanicException":
        raise problem

"""A repository in a registry: its manifests and blobs, read and written (OCI distribution specification 1.1).

    registry = connect("docker://host:5000/shop/app:1.2", insecure=("host:5000",), environ=os.environ)    # or Registry(reference, …)
    fetched = registry.manifest()                                       # Fetched: digest, media_type, body, .document(), .is_index
    fetched = registry.manifest("sha256:…")                             # by digest or tag
    for piece in registry.blob("sha256:…", size): ...                   # hashed by us; raises at its end if it is another
    data = registry.small("sha256:…", size)                             # a configuration, whole
    registry.push_blob(data); registry.push_manifest(body, media_type, "tag")
    registry.referrers("sha256:…", "application/…")                     # Descriptors, from the API or the tag index

Everything raises RegistryError or one of its kinds (scanner.artifact.transport): MissingError where there is no such thing, MismatchError
where it is not what its digest says. Neither credentials nor what a registry says in an error are ever in a message.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import quote

from scanner.artifact.authority import Authority
from scanner.artifact.credentials import Credentials
from scanner.artifact.manifest import ACCEPT, INDEX, MANIFEST_MOST, Descriptor, Fetched, descriptors, digest_of
from scanner.artifact.reference import Reference, is_digest, parse
from scanner.artifact.transport import Answer, Broken, MismatchError, MissingError, RegistryError, Transport, joined, origin

BLOB_MOST = 64 << 30  # bytes
_PROGRESS = 1 << 20  # bytes between two ends of a connection, by which they are no failures in a row
_PAGES_MOST = 20  # of referrers
_CODE = re.compile(r"[A-Z_]{3,40}")
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;\s*rel="?next"?')


class Registry:
    """One repository, as far as these credentials reach."""

    def __init__(self, reference: Reference, credentials: Credentials | None = None, transport: Transport | None = None) -> None:
        self.reference = reference
        self._transport = transport or Transport()
        self._authority = Authority(reference, credentials or Credentials(), self._transport)
        self._base = ""  # known when it is first asked

    # -- reading

    def manifest(self, pointer: str | None = None) -> Fetched:
        """The manifest of a digest or tag, else what the reference names; by a digest it has that digest."""
        pointer = pointer or self.reference.pointer
        what = "the manifest"
        answer = self._ask("GET", f"manifests/{pointer}", {"Accept": ACCEPT}, what)
        try:
            body = answer.whole(MANIFEST_MOST, what)
        except Broken as problem:
            raise self._cut(what, problem) from None
        algorithm = pointer.partition(":")[0] if is_digest(pointer) else "sha256"
        digest = digest_of(body, algorithm)
        if is_digest(pointer) and digest != pointer:
            raise self._other("a manifest")
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        return Fetched(digest, kind, body, answer.headers.get("Docker-Content-Digest"))

    def blob(self, digest: str, size: int | None = None) -> Iterator[bytes]:
        """A blob in pieces, gone on with where a connection ends; raises MismatchError after its last piece if its digest is another."""
        hashed, patience = hashlib.new(digest.partition(":")[0]), self._transport.patience
        done = failures = since = 0
        while True:
            answer = self._ask("GET", f"blobs/{digest}", {"Range": f"bytes={done}-"} if done else {}, "a blob", also=(206, 416))
            ahead = 0 if answer.status == 206 else done  # what we have already, and the registry sends again
            problem: Broken | None = None
            try:
                for piece in self._pieces(answer, ahead):
                    done += len(piece)
                    if done > (BLOB_MOST if size is None else size):
                        raise self._longer(size)
                    hashed.update(piece)
                    yield piece
            except Broken as said:
                problem = said
            if problem is None:
                break
            failures = 1 if done - since >= _PROGRESS else failures + 1  # whoever reads slowly is cut off again and again
            if failures == patience.attempts or not patience.wait(failures - 1):
                raise self._cut("a blob", problem)
            since = done
        if f"{hashed.name}:{hashed.hexdigest()}" != digest or (size is not None and done != size):
            raise self._other("a blob")

    def _pieces(self, answer: Answer, ahead: int) -> Iterator[bytes]:
        if answer.status == 416:
            answer.close()
            return
        for piece in answer.pieces(self._transport.patience.content):
            fresh, ahead = piece[ahead:], max(0, ahead - len(piece))
            if fresh:
                yield fresh

    def small(self, digest: str, size: int | None = None, most: int = MANIFEST_MOST) -> bytes:
        """A blob that is held in memory, such as a configuration; it has this digest."""
        if size is not None and size > most:
            raise RegistryError(f"a blob is larger than {most >> 20} MiB", reason="archive-too-large")
        parts: list[bytes] = []
        for piece in self.blob(digest, size):
            parts.append(piece)
            if sum(map(len, parts)) > most:
                raise RegistryError(f"a blob is larger than {most >> 20} MiB", reason="archive-too-large")
        return b"".join(parts)

    def referrers(self, digest: str, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """The manifests that have this one as their subject: from the referrers API, or where there is none from the tag index."""
        found: list[Descriptor] = []
        path: str | None = f"referrers/{digest}"
        try:
            for _ in range(_PAGES_MOST):
                answer = self._ask("GET", path or "", {"Accept": INDEX}, "the referrers")
                found += descriptors(_document(answer.whole(MANIFEST_MOST, "the list of referrers")), "manifests")
                path = self._next(answer)
                if path is None:
                    break
            else:
                raise RegistryError(f"{self.reference.host} has too many referrers", reason="archive-too-large")
        except MissingError:
            found = list(self.tag_index(digest))
        except Broken as problem:
            raise self._cut("the list of referrers", problem) from None
        return tuple(dict.fromkeys(one for one in found if artifact_type in ("", one.artifact_type)))

    def tag_index(self, digest: str) -> tuple[Descriptor, ...]:
        """The same from the index that clients keep under the tag `sha256-…` (referrers tag schema)."""
        try:
            return descriptors(self.manifest(index_tag(digest)).document(), "manifests")
        except MissingError:
            return ()

    # -- writing

    def push_blob(self, data: bytes) -> Descriptor:
        """Stores a blob unless it is there."""
        digest = digest_of(data)
        stored = Descriptor("application/octet-stream", digest, len(data))
        try:
            self._ask("HEAD", f"blobs/{digest}", {}, "a blob").close()
        except MissingError:
            answer = self._ask("POST", "blobs/uploads/", {"Content-Length": "0"}, "an upload", also=(202,))
            answer.close()
            there = self._absolute(joined(answer.url, answer.headers.get("Location", "")))
            url = there + ("&" if "?" in there else "?") + f"digest={quote(digest, safe='')}"
            self._ask("PUT", url, {"Content-Type": "application/octet-stream"}, "an upload", body=data, also=(201,)).close()
        return stored

    def push_manifest(self, body: bytes, media_type: str, tag: str | None = None) -> tuple[str, bool]:
        """Stores a manifest by its digest or under a tag; its digest, and whether the registry itself lists it with its subject."""
        digest = digest_of(body)
        answer = self._ask("PUT", f"manifests/{tag or digest}", {"Content-Type": media_type}, "a manifest", body=body, also=(201,))
        answer.close()
        return digest, "OCI-Subject" in answer.headers

    # -- asking

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], what: str, *, body: bytes | None = None, also: tuple[int, ...] = ()
    ) -> Answer:
        """An answer that is fine; a challenge is met, twice at most since a token may have expired."""
        self._base = self._base or self._transport.base(self.reference.host)
        url = path if "://" in path else f"{self._base}/v2/{self.reference.repository}/{path}"
        ours = origin(url) == origin(self._base)
        for attempt in range(3):
            answer = self._transport.send(method, url, headers, self._authority.authorization if ours else "", body)
            ours = ours and origin(answer.url) == origin(self._base)
            if answer.status != 401 or not ours or attempt == 2 or not self._authority.meet(answer):
                break
            answer.close()
        if answer.status == 200 or answer.status in also:
            return answer
        raise self._refused(answer, what)

    def _refused(self, answer: Answer, what: str) -> RegistryError:
        host, code = self.reference.host, _code(answer)
        if answer.status == 404:
            hint = f"check {self.reference.name} and its tag or digest"
            return MissingError(f"{host} does not have {what}", hint=hint, reason="missing-object")
        if answer.status in (401, 403):
            if self._authority.known:
                return RegistryError(
                    f"{host} refuses these credentials for {what}", hint="ask for the right, or log in again", reason="unreadable"
                )
            return RegistryError(f"{host} wants credentials for {what}", hint=f"run `docker login {host}`", reason="unreadable")
        said = f" ({code})" if code else ""
        return RegistryError(f"{host} answers with status {answer.status} instead of {what}{said}", hint="try again later")

    def _other(self, what: str) -> MismatchError:
        said = f"{self.reference.host} gave {what} that is not what its digest says"
        return MismatchError(said, hint="do not use this image; ask who runs the registry", reason="corrupt-object")

    def _longer(self, size: int | None) -> RegistryError:
        if size is None:
            return RegistryError(f"a blob is larger than {BLOB_MOST >> 30} GiB", reason="archive-too-large")
        return MismatchError(f"{self.reference.host} gave a blob that is longer than its manifest says", reason="corrupt-object")

    def _cut(self, what: str, problem: Broken) -> RegistryError:
        said = "is too slow with" if problem.late else "ended the connection before the end of"
        return RegistryError(
            f"{self.reference.host} {said} {what}", hint="try again later", reason="timeout" if problem.late else "truncated"
        )

    def _absolute(self, url: str) -> str:
        if not self._transport.may(url, from_url=self._base):
            raise RegistryError(f"{self.reference.host} names a place for uploads that cannot be used")
        return url

    def _next(self, answer: Answer) -> str | None:
        """The next page, on the same host (RFC 8288)."""
        found = _NEXT.search(answer.headers.get("Link", ""))
        url = joined(answer.url, found[1]) if found else ""
        return url if url.startswith(f"{self._base}/") else None


def connect(text: str, insecure: Collection[str] = (), environ: Mapping[str, str] | None = None) -> Registry:
    """The repository of a reference, with the user's credentials and proxies; nothing is asked yet. Raises UsageError."""
    environ = environ or {}
    return Registry(parse(text), Credentials.of(environ), Transport(insecure, environ=environ))


def index_tag(digest: str) -> str:
    """The tag under which clients keep the referrers of a manifest, where the registry does not."""
    return digest.replace(":", "-")[:128]


def _document(data: bytes) -> dict[str, object] | None:
    return Fetched("", INDEX, data).document()


def _code(answer: Answer) -> str:
    """The code of an error (distribution specification, error codes); no other word of the registry is shown."""
    try:
        said = json.loads(answer.whole(1 << 16, "an error"))
        code = said["errors"][0]["code"]
    except (ValueError, TypeError, LookupError, RecursionError, Broken, RegistryError):
        return ""
    finally:
        answer.close()
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


__all__ = ["Registry", "connect", "index_tag"]

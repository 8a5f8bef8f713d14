"""A forge's JSON over HTTP: page after page, with patience, bounded, and with the token for the forge alone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from scanner.artifact.transport import Answer, Broken, RegistryError, Transport, origin
from scanner.sweep.forge.hosted import ForgeError

PAGE = 50  # of entries: what a forge gives at most by default
_PAGES_MOST = 10_000
_ANSWER_MOST = 64 << 20  # fifty texts as long as forges take them
_NEXT = re.compile(r'<([^<>]{1,2000})>\s*;[^,<]*\brel="?next"?')
_TOTALS = ("X-Total-Count", "X-Total")
Row = dict[str, Any]


class Api:
    """One forge, asked as one account."""

    def __init__(self, transport: Transport, base: str, authorization: str = "", *, now: Callable[[], float] = time.time) -> None:
        """`base` is where paths begin; `authorization` is the header's value, sent to no other host."""
        self.base, self._transport, self._authorization, self._now = base.rstrip("/"), transport, authorization, now
        self.host = urlsplit(base).netloc.rpartition("@")[2]
        self.scarce = False  # whether less than a fifth of an hour's questions is left
        if not transport.may(base):
            raise ForgeError(f"{self.host or 'the forge'} has no verified connection", hint="write https://, or name the host insecure")

    def rows(self, path: str, **query: str) -> Iterator[Row]:
        """Every entry of a list, once; raises ForgeError if the forge gave fewer than it counts itself."""
        url, seen, total, pages = self._url(path, {"limit": str(PAGE), "per_page": str(PAGE), **query}), set[str](), 0, 0
        while url:
            pages += 1
            if pages > _PAGES_MOST:
                raise ForgeError(f"{self.host} gives more than {_PAGES_MOST:,} pages of one list", hint="name the repositories one by one")
            found, headers = self._asked("GET", url)
            if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
                raise self._odd("a list")
            total = max(total, *(_count(headers.get(name)) for name in _TOTALS))
            for row in found:
                key = str(row.get("id", row.get("number", len(seen))))
                if key not in seen:
                    seen.add(key)
                    yield row
            url = self._next(headers.get("Link", ""), url) if found else ""
        if len(seen) < total:
            said = f"{self.host} counts {total:,} entries, and gave {len(seen):,}"
            raise ForgeError(said, hint="it may have changed meanwhile; run again", reason="truncated")

    def one(self, path: str, **query: str) -> Row | None:
        """One entry, or nothing where there is none (404), or none any more (410)."""
        found, _ = self._asked("GET", self._url(path, query), missing=True)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise self._odd("one entry")
        return found

    def send(self, method: str, path: str, entry: Mapping[str, Any]) -> Row:
        """Make or change an entry; asked once, as the forge may have done it and only failed to say so."""
        found, _ = self._asked(method, self._url(path, {}), json.dumps(entry, ensure_ascii=False, sort_keys=True).encode())
        if not isinstance(found, dict):
            raise self._odd("one entry")
        return found

    def is_home(self, url: str) -> bool:
        """Whether a URL leads to this forge."""
        try:
            return origin(url) == origin(self.base)
        except ValueError:
            return False

    def file(self, url: str, most: int) -> Iterator[bytes]:
        """The bytes of a file, no more than `most`; the token goes along only to the forge itself."""
        own = self._authorization if self.is_home(url) else ""
        try:
            if not self._transport.may(url, from_url=self.base):
                raise ForgeError("it is where no verified connection leads")
            answer = self._transport.send("GET", url, {"Accept": "application/octet-stream"}, own)
            if answer.status != 200:
                answer.close()
                raise ForgeError(f"{self.host} answers {answer.status} for it")
            size = 0
            for piece in answer.pieces(self._transport.patience.content):
                size += len(piece)
                if size > most:
                    raise ForgeError("it is larger than what is fetched", reason="archive-too-large")
                yield piece
        except RegistryError as problem:
            raise ForgeError(problem.message, hint=problem.hint, reason=problem.reason) from None
        except Broken as broken:
            raise ForgeError(f"{self.host} broke off", reason="timeout" if broken.late else "truncated") from None

    # -- one question -----------------------------------------------------------------------------------------------------

    def _asked(self, method: str, url: str, body: bytes | None = None, *, missing: bool = False) -> tuple[Any, Mapping[str, str]]:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
        attempts = self._transport.patience.attempts if body is None else 1
        for attempt in range(attempts):
            try:
                answer = self._transport.send(method, url, headers, self._authorization, body, once=body is not None)
                if self._limited(answer):
                    answer.close()
                    continue
                if answer.status >= 400:
                    answer.close()
                    if missing and answer.status in (404, 410):
                        return None, {}
                    raise self._refused(answer.status)
                self._counted(answer.headers)
                return json.loads(answer.whole(_ANSWER_MOST, "an answer")), answer.headers
            except RegistryError as problem:
                raise ForgeError(problem.message, hint=problem.hint, reason=problem.reason) from None
            except Broken as broken:
                if attempt == attempts - 1 or not self._transport.patience.wait(attempt):
                    said, reason = ("does not finish an answer", "timeout") if broken.late else ("breaks its answers off", "truncated")
                    raise ForgeError(f"{self.host} {said}", hint="try again later", reason=reason) from None
            except (ValueError, RecursionError):
                raise self._odd("JSON") from None
        raise ForgeError(f"{self.host} has had enough of our questions", hint="try again in an hour", reason="rate-limit")

    def _limited(self, answer: Answer) -> bool:
        """Whether an hour's questions are used up; waits until new ones are given, if that is soon."""
        if answer.status not in (403, 429) or answer.headers.get("X-RateLimit-Remaining", "").strip() != "0":
            return False
        seconds = max(_count(answer.headers.get("X-RateLimit-Reset")) - self._now(), answer.retry_after or 0, 0) + 1
        if seconds > self._transport.patience.longest:
            hint = f"try again in {seconds / 60:.0f} minutes, or give it a token"
            raise ForgeError(f"{self.host} has had enough of our questions", hint=hint, reason="rate-limit")
        self._transport.patience.sleep(seconds)
        return True

    def _counted(self, headers: Mapping[str, str]) -> None:
        limit, left = (_count(headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining"))
        self.scarce = limit > 0 and left * 5 < limit

    def _refused(self, status: int) -> ForgeError:
        if status in (401, 403):
            return ForgeError(f"{self.host} does not let us in ({status})", hint="check the token and its rights", reason="password")
        if status == 404:
            hint = "check the owner, and what the token may see"
            return ForgeError(f"{self.host} knows nothing of that name", hint=hint, reason="vanished")
        if status == 410:
            return ForgeError(f"{self.host} has turned that off", hint="it is no mistake", reason="gone")
        return ForgeError(f"{self.host} answers {status}", hint="try again later", reason="tool-error")

    def _odd(self, wanted: str) -> ForgeError:
        return ForgeError(f"{self.host} does not answer with {wanted}", hint="check the forge's kind and address", reason="tool-error")

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def _next(self, link: str, url: str) -> str:
        """The next page, if it is at the same forge: the token goes there."""
        found = _NEXT.search(link)
        if found is None:
            return ""
        there = str(urljoin(url, found[1]))
        if origin(there) != origin(self.base):
            said = f"{self.host} sends us to another host for the next page"
            raise ForgeError(said, hint="check the forge's public address", reason="tool-error")
        return there


def _count(text: str | None) -> int:
    said = (text or "").strip()
    return int(said[:12]) if said.isdigit() else 0

"""HTTP to a registry and to where it sends us: tried again with patience, bounded, and no credential for anybody else."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from scanner import __version__
from scanner.errors import UnreadableError

if TYPE_CHECKING:
    import urllib3

STEP = 1 << 18
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_MOST = 5
API_HOSTS = {"docker.io": "registry-1.docker.io"}
_LOOPBACK = ("127.", "localhost", "[::1]")


class RegistryError(UnreadableError):
    """A registry does not give what it was asked for; `reason` is that of a Gap."""

    def __init__(self, message: str, *, hint: str = "", reason: str = "tool-error") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class MissingError(RegistryError):
    """The registry has no such thing (404)."""


class MismatchError(RegistryError):
    """The registry gave something else than what was asked for by its digest."""

    exit_code = 4


class Broken(Exception):
    """A body that ended, or stood still, before its end; `late` says whether it only took too long."""

    def __init__(self, *, late: bool = False) -> None:
        super().__init__()
        self.late = late


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds, and how often it is tried."""

    attempts: int = 5
    first: float = 0.5  # before the second attempt; doubled before each further one
    longest: float = 120  # what a registry may ask us to wait
    connect: float = 10
    silence: float = 60  # of a connection
    document: float = 60  # for a whole manifest or token
    content: float = 3600  # for a whole blob, the time of whoever reads it not counted
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random  # 0 to 1
    clock: Callable[[], float] = time.monotonic

    def wait(self, attempt: int, answer: Answer | None = None) -> bool:
        """Waits before the next attempt, as long as the answer says; False, if that is too long."""
        seconds = self.first * 2**attempt * (1 + self.jitter())
        if answer is not None:
            seconds = max(seconds, answer.retry_after or 0)
        if seconds > self.longest:
            return False
        self.sleep(seconds)
        return True


class Answer:
    """What a server said; its body is read once, in pieces."""

    def __init__(self, response: urllib3.BaseHTTPResponse, url: str, patience: Patience) -> None:
        self.status, self.headers, self.url = response.status, response.headers, url
        self._response, self._patience = response, patience

    @property
    def retry_after(self) -> float | None:
        """Seconds after which it may be asked again (RFC 9110, 10.2.3)."""
        said = self.headers.get("Retry-After", "").strip()
        if said.isdigit():
            return float(said[:9])
        try:
            return (parsedate_to_datetime(said) - parsedate_to_datetime(self.headers.get("Date", ""))).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None

    def pieces(self, seconds: float) -> Iterator[bytes]:
        """The body; raises Broken where it ends early, or takes longer than so many seconds."""
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        spent = 0.0
        try:
            while True:
                begun = self._patience.clock()
                try:
                    piece = self._response.read1(STEP, decode_content=False)
                except ReadTimeoutError:
                    raise Broken(late=True) from None
                except (HTTPError, OSError, ValueError):
                    raise Broken from None
                if not piece:
                    return
                spent += self._patience.clock() - begun
                if spent > seconds:
                    raise Broken(late=True)
                yield piece
        finally:
            self.close()

    def whole(self, most: int, what: str) -> bytes:
        """The body, if it is no longer than `most` bytes."""
        parts: list[bytes] = []
        for piece in self.pieces(self._patience.document):
            parts.append(piece)
            if sum(map(len, parts)) > most:
                raise RegistryError(f"{what} is larger than {most >> 20} MiB", reason="archive-too-large")
        return b"".join(parts)

    def close(self) -> None:
        """Let go of it, and of the connection if something is left in it."""
        self._response.close()


class Transport:
    """Connections; TLS is verified for every host that is not named insecure."""

    def __init__(self, insecure: Collection[str] = (), patience: Patience | None = None, environ: Mapping[str, str] | None = None) -> None:
        """`insecure` are hosts as in references, with their port; `environ` may name proxies."""
        self.patience = patience or Patience()
        self._insecure = frozenset(host.lower() for host in insecure)
        self._environ = environ or {}
        self._pools: dict[tuple[str | None, bool], urllib3.PoolManager] = {}

    def may(self, url: str, *, from_url: str = "") -> bool:
        """Whether a URL may be asked for: HTTPS; plain HTTP only of a host that is named insecure, or if one sends us there."""
        try:
            scheme, host, _ = origin(url)
        except ValueError:
            return False
        if not host or scheme not in ("http", "https") or "@" in urlsplit(url).netloc:
            return False
        return scheme == "https" or self.is_insecure(url) or (from_url.startswith("http:") and self.is_insecure(from_url))

    def is_insecure(self, url: str) -> bool:
        """Whether the user named this host insecure."""
        return urlsplit(url).netloc.lower() in self._insecure

    def base(self, host: str) -> str:
        """Where the API of a registry is; without TLS only if it is named insecure and has none."""
        if not self.is_insecure(f"https://{host}"):
            return f"https://{API_HOSTS.get(host, host)}"
        order = ("http", "https") if host.startswith(_LOOPBACK) else ("https", "http")
        for scheme in order:
            try:
                answer = self._once("GET", f"{scheme}://{host}/v2/", {}, None)
            except RegistryError:
                continue
            answer.close()
            if answer.status not in (400, *_REDIRECTS):  # 400: it speaks TLS there
                return f"{scheme}://{host}"
        raise RegistryError(f"there is no registry at {host}", hint="check that it is up, and its port")

    def send(
        self, method: str, url: str, headers: Mapping[str, str], authorization: str = "", body: bytes | None = None, *, once: bool = False
    ) -> Answer:
        """An answer that is no redirection, tried again while the server cannot give one; raises RegistryError.

        What must not happen twice is asked for `once`: the server may have done it, and only failed to say so.
        """
        home = origin(url)
        for _ in range(_REDIRECTS_MOST + 1):
            own = {"Authorization": authorization} if authorization and origin(url) == home else {}
            sent = {"User-Agent": f"leakseal/{__version__}", **headers, **own}
            answer = self._patiently(method, url, sent, body, 1 if once else self.patience.attempts)
            if answer.status not in _REDIRECTS or method not in ("GET", "HEAD"):
                return answer
            answer.close()
            there = joined(url, answer.headers.get("Location", ""))
            if not self.may(there, from_url=url):
                raise RegistryError(f"{_host(url)} redirects to where no verified connection leads", hint="ask who runs the registry")
            url = there
        raise RegistryError(f"{_host(url)} redirects in circles")

    def _patiently(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, attempts: int) -> Answer:
        for attempt in range(attempts):
            last = attempt == attempts - 1
            try:
                answer = self._once(method, url, headers, body)
            except RegistryError as problem:
                if last or problem.reason == "unreadable" or not self.patience.wait(attempt):
                    raise
                continue
            if answer.status not in _AGAIN or last:
                return answer
            answer.close()
            if not self.patience.wait(attempt, answer):
                raise RegistryError(f"{_host(url)} asks to come back in {answer.retry_after:.0f} seconds", hint="try again then")
        raise AssertionError  # the last attempt has returned or raised

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        from urllib3.exceptions import HTTPError, NameResolutionError, SSLError, TimeoutError
        from urllib3.util import Timeout

        wait = Timeout(connect=self.patience.connect, read=self.patience.silence)
        host = _host(url)
        try:
            response = self._pool(url).urlopen(
                method, url, body=body, headers={"Accept-Encoding": "identity", **headers},
                redirect=False, retries=False, preload_content=False, decode_content=False, timeout=wait,
            )  # fmt: skip
        except NameResolutionError:
            raise RegistryError(f"there is no host {host}", hint="check the reference", reason="unreadable") from None
        except SSLError:
            hint = f"give its authority in SSL_CERT_FILE, or name it with --insecure-registry {host}"
            raise RegistryError(f"{host} does not prove who it is: TLS failed", hint=hint, reason="unreadable") from None
        except TimeoutError:
            raise RegistryError(f"{host} does not answer", hint="try again later", reason="timeout") from None
        except (HTTPError, OSError, ValueError):  # ValueError: a header or status that is none
            raise RegistryError(f"the connection to {host} failed", hint="check that it is up, and its port") from None
        return Answer(response, url, self.patience)

    def _pool(self, url: str) -> urllib3.PoolManager:
        import urllib3

        proxy, verified = self._proxy(url), not self.is_insecure(url)
        if (proxy, verified) not in self._pools:
            options: dict[str, Any] = {} if verified else {"cert_reqs": "CERT_NONE"}
            if not verified:
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user named it
            if proxy:
                user = urlsplit(proxy).netloc.rpartition("@")[0]
                known = urllib3.make_headers(proxy_basic_auth=user) if user else None
                self._pools[proxy, verified] = urllib3.ProxyManager(proxy, proxy_headers=known, **options)
            else:
                self._pools[proxy, verified] = urllib3.PoolManager(**options)
        return self._pools[proxy, verified]

    def _proxy(self, url: str) -> str | None:
        """The proxy for a URL by the environment, as other programs understand it; never for this machine itself."""
        from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it

        parts = urlsplit(url)
        names = {key.lower(): value for key, value in self._environ.items()}
        if parts.netloc.startswith(_LOOPBACK):
            return None
        if proxy_bypass_environment(parts.netloc, {"no": names.get("no_proxy", "")}):
            return None
        return names.get(f"{parts.scheme}_proxy") or names.get("all_proxy") or None


def joined(url: str, location: str) -> str:
    """Where a location that a server named is; nothing if it is none."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: where a credential may go again."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _host(url: str) -> str:
    """What may be shown of a URL: the rest of it may be signed."""
    return urlsplit(url).netloc.rpartition("@")[2]

"""Permission to use a registry: its challenge, answered with Basic, or with a token of the service that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from scanner.artifact.credentials import Credential, Credentials
from scanner.artifact.reference import Reference
from scanner.artifact.transport import Answer, Broken, RegistryError, Transport

_TOKEN_MOST = 1 << 20
_SCHEME = re.compile(r"\s*([A-Za-z]+)(?:\s+|\s*,|$)")
_PARAMETER = re.compile(r'\s*([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))\s*(?:,|$)')
_CLIENT = "leakseal"


class Authority:
    """What is sent as Authorization to one registry, got when the registry asks for it."""

    def __init__(self, reference: Reference, credentials: Credentials, transport: Transport) -> None:
        self._reference, self._transport = reference, transport
        self._credentials = credentials
        self._found: Credential | None = None
        self._asked = False
        self.authorization = ""

    @property
    def known(self) -> bool:
        """Whether there are credentials for this registry."""
        return self._credential() is not None

    def meet(self, answer: Answer) -> bool:
        """Answers the challenge of a 401 (RFC 9110, 11.6.1); False, if that is not possible, or was done already."""
        had, self.authorization = self.authorization, ""
        for scheme, parameters in challenges(answer.headers.get("WWW-Authenticate", "")):
            if scheme == "bearer":
                self.authorization = self._bearer(parameters, answer.url)
            elif scheme == "basic":
                found = self._credential()
                self.authorization = found.basic if found and found.password else ""
            if self.authorization:
                break
        return bool(self.authorization) and self.authorization != had

    def _credential(self) -> Credential | None:
        if not self._asked:
            self._found, self._asked = self._credentials.find(self._reference.host, self._reference.repository), True
        return self._found

    def _bearer(self, parameters: Mapping[str, str], asked: str) -> str:
        """A token of the service (Docker's token and OAuth 2 specifications; Gitea's is `/v2/token`)."""
        found, realm = self._credential(), parameters.get("realm", "")
        if found and found.bearer:
            return f"Bearer {found.bearer}"
        if not self._transport.may(realm):
            host = self._reference.host
            raise RegistryError(f"{host} names a token service without a verified connection", hint="name that host insecure too")
        wanted = {key: parameters[key] for key in ("service", "scope") if key in parameters}
        headers = {"Accept": "application/json"}
        if found and found.identity:
            form = {"grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": found.identity, **wanted}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            answer = self._transport.send("POST", realm, headers, body=urlencode(form).encode())
        else:
            url = realm + ("&" if "?" in realm else "?") + urlencode(wanted) if wanted else realm
            answer = self._transport.send("GET", url, headers, found.basic if found else "")
        token = _token(answer)
        return f"Bearer {token}" if token else ""


def _token(answer: Answer) -> str:
    """The token in an answer; nothing if it was refused."""
    if answer.status in (400, 401, 403):
        answer.close()
        return ""
    try:
        said = json.loads(answer.whole(_TOKEN_MOST, "a token")) if answer.status == 200 else None
    except (ValueError, RecursionError, Broken):
        said = None
    finally:
        answer.close()
    found = (said.get("token") or said.get("access_token")) if isinstance(said, dict) else None
    if not isinstance(found, str) or not found.isascii() or not found.isprintable():
        raise RegistryError("the registry's token service gives no token", hint="ask who runs the registry")
    return found


def challenges(header: str) -> list[tuple[str, dict[str, str]]]:
    """The challenges of a WWW-Authenticate header, each its scheme in small letters and its parameters."""
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while at < len(header):
        if found and (parameter := _PARAMETER.match(header, at)):
            found[-1][1][parameter[1].lower()] = parameter[2] if parameter[2] is not None else parameter[3]
            at = parameter.end()
        elif scheme := _SCHEME.match(header, at):
            found.append((scheme[1].lower(), {}))
            at = scheme.end()
        else:
            break
    return found

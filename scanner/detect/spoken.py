"""Values that only say what they are: harbor_registry_password, clearTextPassword, my-service-principal-client-secret."""

from __future__ import annotations

import re

from scanner.detect.identifier import identifier
from scanner.detect.placeholder import placeholder

_SAYS = re.compile(
    rb"(?i)secret|passw|passphrase|[-_]pass\Z|token|[-_]key\Z|apikey|cred|example|sample|[-_]data\Z|value|dummy|base64|encoded"
)
_WORDS = re.compile(rb"[a-z]{2,20}(?:[-_ ][a-z]{1,20}){1,8}\Z")

# They stand in the documentation of the tools, and so in countless copies of it; they open nothing.
EXAMPLES = {
    b"1f2d1e2e67df": "Kubernetes documentation",
    b"t0p-Secret": "Kubernetes documentation",
    b"39528$vdg7Jb": "Kubernetes documentation",
    b"S!B\\*d$zDsb=": "Kubernetes documentation",
    b"f395accd246ae52d": "Kubernetes documentation",
    b"kq4gihvszzgn1p0r": "Kubernetes documentation",
    b"conta1n3rize14": "Docker documentation",
    b"hunter2": "Docker documentation",
    b"s00pers3krit": "Bundler documentation",
}


def spoken(value: bytes) -> bool:
    """Is this a placeholder, or words that call themselves a secret?"""
    return placeholder(value) or (_SAYS.search(value) is not None and (_WORDS.match(value) is not None or identifier(value)))

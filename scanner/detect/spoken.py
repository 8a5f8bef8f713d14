"""Values that only say what they are: harbor_registry_password, clearTextPassword, my-service-principal-client-secret."""

from __future__ import annotations

import re

from scanner.detect.identifier import identifier
from scanner.detect.placeholder import placeholder

_SAYS = re.compile(
    rb"(?i)secret|passw|passphrase|[-_]pass\Z|token|[-_]key\Z|apikey|cred|example|sample|[-_]data\Z|value|dummy|base64|encoded"
)
_WORDS = re.compile(rb"[a-z]{2,20}(?:[-_ ][a-z]{1,20}){1,8}\Z")


def spoken(value: bytes) -> bool:
    """Is this a placeholder, or words that call themselves a secret?"""
    return placeholder(value) or (_SAYS.search(value) is not None and (_WORDS.match(value) is not None or identifier(value)))

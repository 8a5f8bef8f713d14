"""What a terminal acts on and does not show: colours, cursor movements, titles, characters that were struck over."""

from __future__ import annotations

import re

# ECMA-48: control sequences, strings up to their terminator (of bounded length: an escape that is never closed hides nothing), and the
# escapes of two or three bytes.
_ESCAPE = (
    rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]"
    rb"|[\]PX^_k][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)"
    rb"|[ -/]{1,4}[0-~]"
    rb"|[0-Z\\^-~])"
)
ESCAPES = re.compile(_ESCAPE)
STRUCK = re.compile(_ESCAPE + rb"|[^\x08\r\n]\x08")  # and what is struck over, as nroff prints bold

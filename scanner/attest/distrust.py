"""Why an assertion is not believed."""

from __future__ import annotations

from scanner.errors import LeaksealError


class Distrust(LeaksealError):
    """Something signed, or said to be signed, is not to be trusted; one sentence without anything from it."""

    exit_code = 4

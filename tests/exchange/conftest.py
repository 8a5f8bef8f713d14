"""The command as a process of its own, and secrets that are grown when they are needed."""

from tests.cli.conftest import command, leakseal, token

__all__ = ["command", "leakseal", "token"]

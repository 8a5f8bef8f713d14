"""The command on the PATH, and secrets that are grown when they are needed, as in the tests of the command line."""

from tests.cli.conftest import command, leakseal, token

__all__ = ["command", "leakseal", "token"]

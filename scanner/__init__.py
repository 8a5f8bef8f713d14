"""Leakseal finds secrets and proves what was read."""

__version__ = "0.1.0"

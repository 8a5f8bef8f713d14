"""Bytes inside bytes: content -> readings of it."""

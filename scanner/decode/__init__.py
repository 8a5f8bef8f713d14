"""Bytes inside bytes: Blob -> readings of it."""

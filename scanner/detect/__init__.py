"""Chunk -> hits: a multi-pattern prefilter, exact confirmation around it, checks and parsers."""

"""Attest and gate runs: joins the pipeline and the rooms attest and gate."""

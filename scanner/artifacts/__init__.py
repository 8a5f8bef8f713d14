"""`leakseal artifact` from a reference to its checks: joins the rooms artifact, attest, sources, decode and the pipeline."""

"""What is released, where it is kept: registries, digests and provenance."""

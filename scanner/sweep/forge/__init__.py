"""Forges through their APIs: which repositories there are, and issues about what was found."""

"""Forges through their APIs: which repositories there are, what lies beside their Git, and issues about what was found."""

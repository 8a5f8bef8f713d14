"""Where bytes come from: Target -> content | Gap."""

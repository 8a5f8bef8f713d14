"""Where bytes come from: Target -> Blob | Gap."""

"""From a match to a finding: where it is, what may be said about it, and whether somebody accepted it."""

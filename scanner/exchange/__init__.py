"""What other scanners write and read: baselines, rules and reports of theirs, in our terms."""

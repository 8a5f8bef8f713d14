"""The production-readiness gate: a runbook's thirteen items, each with its evidence, its status and its owner."""

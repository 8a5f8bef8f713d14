"""Rule packs: YAML -> Ruleset, with every rule's own samples."""

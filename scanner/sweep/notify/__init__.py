"""Who hears of a night, and how: webhook, mail, issues in the forge, metrics. Nobody hears a secret."""

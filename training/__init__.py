"""How the score of generic credentials is learned; not shipped."""

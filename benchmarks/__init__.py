"""Measurements of Leakseal beside Git and other scanners; not shipped."""

"""One run over some targets: joins the rooms, tallies what was read, returns a Report."""

"""Many repositories, night after night: only what is new is read."""

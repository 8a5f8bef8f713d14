"""Data source names: every way to write scheme, user, password, host, port and database, read part by part."""

"""Logins of image and package registries, one file for each kind of place where they stand."""

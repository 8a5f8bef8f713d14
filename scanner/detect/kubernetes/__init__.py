"""Kubernetes Secrets, value by value, in YAML, JSON, HCL and on a command line."""

"""Readers of a bounded piece of YAML, JSON, HCL, INI, XML or a shell command: keys, values, and where each is written; none ever raises."""

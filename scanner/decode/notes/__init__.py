"""Exports of notes, tasks and their like: records, each with its fields, out of JSON, YAML, CSV, XML, Markdown and HTML."""

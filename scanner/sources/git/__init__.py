"""A Git repository: its whole object store, its own files, and what stands in its work tree."""

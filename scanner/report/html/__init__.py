"""HTML pages for people: one file each, which asks the network for nothing and is readable without its script."""

from scanner.report.html.run import rendered

__all__ = ["rendered"]

"""`python -m scanner` is the same as `leakseal`."""

from scanner.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

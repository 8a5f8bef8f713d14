"""Lists the skipped tests of a JUnit report; 1 when one was skipped because this machine lacks something ("needs …")."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET


def main(path: str) -> int:
    """What to exit with."""
    cases = list(ET.parse(path).iter("testcase"))  # noqa: S314  the file is pytest's own
    if not cases:
        print("no test ran")
        return 1
    lacking = 0
    for case in cases:
        for skip in case.iter("skipped"):
            if skip.get("type") == "pytest.xfail":
                continue
            reason = skip.get("message", "")
            needs = reason.startswith("needs ")
            lacking += needs
            print(f"{'LACKING' if needs else 'skipped'}: {case.get('classname')}::{case.get('name')}: {reason}")
    if lacking:
        print(f"{lacking} tests were skipped because this machine lacks something; here every one must run")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""Which files belong to one log, and which of them is older."""

from __future__ import annotations

import pytest

from scanner.sources.logs import logs

SETS = [
    (["app.log"], ["app.log"]),
    (["app.log", "app.log.1", "app.log.10.gz", "app.log.2.gz"], ["app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log"]),
    (["app.1.log", "app.2.log", "app.log"], ["app.2.log", "app.1.log", "app.log"]),
    (["app.log", "app.log-20240102.xz", "app.log-20231231.xz"], ["app.log-20231231.xz", "app.log-20240102.xz", "app.log"]),
    (["app-2024-01-02.log", "app-2024-01-03.1.log", "app.log"], ["app-2024-01-02.log", "app-2024-01-03.1.log", "app.log"]),
    (["x/syslog", "x/syslog.1", "x/syslog.2.zst"], ["x/syslog.2.zst", "x/syslog.1", "x/syslog"]),
]


@pytest.mark.parametrize(("names", "order"), SETS)
def test_the_files_of_a_log_are_one_set_oldest_first(names: list[str], order: list[str]) -> None:
    (one,) = logs(name.encode() for name in sorted(names))
    assert [path.decode() for path in one.files] == order


@pytest.mark.parametrize("names", [["a.log", "b.log"], ["x/a.log", "y/a.log"], ["a.log", "a.txt"], ["1", "2"], [".1", ".2"], ["2024", "a"]])
def test_other_files_are_logs_of_their_own(names: list[str]) -> None:
    assert len(logs(name.encode() for name in names)) == len(names)

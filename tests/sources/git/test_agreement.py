"""The fast walk and Git itself read the same objects, of the same kinds, with the same content."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.agree import contents
from scanner.rulepack.sample import grow
from tests.conftest import Repo
from tests.gitrepo import scan, token

LINE = st.sampled_from(["alpha", "beta", "gamma " * 20, "", "delta\r", "\0\0", token(1)])
EDIT = st.tuples(
    st.sampled_from(["a", "b/c", "b/d", "e"]), st.integers(0, 30), st.lists(LINE, max_size=4), st.booleans()
)  # file, line, what stands there then, and whether that is committed
PACKING = st.sampled_from([
    "", "repack -dq", "repack -adfq --depth=50 --window=50", "repack -aq", "repack -adfq --depth=4095 --window=250",
    "-c repack.useDeltaBaseOffset=false repack -adfq", "pack-refs --all", "multi-pack-index write", "repack --cruft -dq",
    "tag -a -m tag -f t", "branch -f x", "reset -q --hard HEAD^", "commit -q --allow-empty -m empty", "notes append -m note", "stash",
])  # fmt: skip


def _grown(at: Path, steps: list[tuple[tuple[str, int, list[str], bool], str]], format: str) -> Repo:
    repo = Repo(at)
    subprocess.run(["git", "init", "-q", "-b", "main", f"--object-format={format}", str(at)], check=True)
    repo.commit({"a": "".join(f"line {n}\n" for n in range(60))})
    for (name, line, new, committed), packing in steps:
        path = at / name
        lines = path.read_text("latin-1").split("\n") if path.is_file() else [f"old {n}" for n in range(40)]
        lines[line : line + 2] = new
        text = "\n".join(lines).encode("latin-1")
        (repo.commit if committed else repo.stage)({name: text})
        subprocess.run(["git", "-C", str(at), *packing.split()], capture_output=True, check=False) if packing else None
    return repo


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(EDIT, PACKING), min_size=1, max_size=8), format=st.sampled_from(["sha1", "sha1", "sha256"]))
def test_both_walks_agree(steps: list[tuple[tuple[str, int, list[str], bool], str]], format: str) -> None:
    with TemporaryDirectory() as folder:
        repo = _grown(Path(folder) / "repo", steps, format)
        fast, slow = contents(repo.path, "fast"), contents(repo.path, "git")
        assert fast == slow
        assert len(fast) == len(repo.git("cat-file", "--batch-all-objects", "--batch-check").splitlines())


PIECES = st.sampled_from([
    token(1)[:20], token(1)[20:], token(2), token(3) + "\n", "\n", " ", "x", "aws_secret_access_key = ", grow("{base64:40}", 1).decode(),
    'password = "', grow("{password:20}", 2).decode() + '"\n', "postgres://u:", grow("{alnum:24}", 3).decode(), "@db.internal/app\n",
    "key " * 100,
])  # fmt: skip
CHANGE = st.tuples(st.floats(0, 1), st.integers(0, 60), st.lists(PIECES, max_size=3))  # where, how much goes, what comes


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(versions=st.lists(st.lists(CHANGE, min_size=1, max_size=4), min_size=2, max_size=8), wide=st.booleans())
def test_both_walks_find_the_same_though_secrets_come_together_by_edits(
    versions: list[list[tuple[float, int, list[str]]]], wide: bool
) -> None:
    """The fast walk searches of a delta only what is new: what an edit joins must be seen, and what it parts must not."""
    with TemporaryDirectory() as folder:
        repo = Repo(Path(folder) / "repo")
        subprocess.run(["git", "init", "-q", "-b", "main", str(repo.path)], check=True)
        text = "".join(f"line {n * n} of a file that is large enough\n" for n in range(1000))
        for changes in versions:
            for where, gone, pieces in changes:
                at = int(where * 40) * len(text) // 40  # so that edits meet
                text = text[:at] + "".join(pieces) + text[at + gone :]
            repo.commit({"f": text.encode("utf-16-le" if wide else "utf-8")})
        repo.git("repack", "-adfq", "--depth=50", "--window=50")
        said = [scan(repo.path, "--walk", walk).report for walk in ("fast", "git")]
        for report in said:
            report.pop("run")  # type: ignore[attr-defined]
        assert said[0] == said[1]


def test_both_walks_and_both_prefilters_say_the_same(repo: Repo) -> None:
    for number in range(12):
        body = "".join(f"line {n}\n" for n in range(50))
        repo.commit({"f": f"{body}key = {token(number)}\n", f"g{number}": f"password = {token(number)}"}, f"m{number}")
        if number % 4 == 0:
            repo.git("repack", "-dq")
    said = [scan(repo.path, "--walk", walk, "--engine", engine).report for walk in ("fast", "git") for engine in ("hyperscan", "re2")]
    for report in said:
        report.pop("run")  # type: ignore[attr-defined]
    assert len(said[0]["findings"]) >= 12
    assert all(report == said[0] for report in said)


def test_it_notices_a_difference(repo: Repo, make_repo: Callable[..., Repo]) -> None:
    other = make_repo("other")
    repo.commit({"f": "x"})
    other.commit({"f": "y"})
    assert contents(repo.path, "fast") != contents(other.path, "git")

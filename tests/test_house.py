"""The wheel: what is in it, what is not, and that it works where nothing else of the checkout is."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

import scanner

ROOT = Path(__file__).resolve().parent.parent
SHIPS = ("scanner/", "rules/", "hooks/")
# Ignored or private files that a careless build would ship.
STRAYS = (
    "scanner/__pycache__/stray.cpython-311.pyc",
    "rules/.venv/stray.yaml",
    "hooks/__pycache__/stray.pyc",
    "scanner/detect/.hypothesis/stray",
)


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """One program, with its output kept."""
    return subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, check=False)


@pytest.fixture(scope="module")
def kept() -> list[str]:
    """The checkout's files that Git does not ignore; all of them in an unpacked archive, where there is no Git to ask."""
    if (ROOT / ".git").exists():
        done = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
        assert done.returncode == 0
        names = [os.fsdecode(n) for n in done.stdout.split(b"\0") if n]
    else:
        names = [p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*") if not {"__pycache__", ".venv"} & set(p.parts)]
    return sorted(n for n in names if (ROOT / n).is_file())


@pytest.fixture(scope="module")
def checkout(kept: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, with strays in the folders that ship."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in kept:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for name in STRAYS:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(b"stray")
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network."""
    out = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--wheel-dir", out)
    done = run(sys.executable, "-m", "pip", "wheel", *options, checkout, cwd=out)
    assert done.returncode == 0, done.stderr.decode()
    (built,) = out.glob("leakseal-*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The names in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {n for n in archive.namelist() if not n.endswith("/")}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a clean environment with the wheel in it; the dependencies come from the environment of this test."""
    place = tmp_path_factory.mktemp("clean")
    assert run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place).returncode == 0
    options = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    done = run(sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", *options, wheel, cwd=place)
    assert done.returncode == 0, done.stderr.decode()
    # A path in a .pth file is searched, but its own .pth files are not read: the editable install stays out of sight.
    (packages,) = (place / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text("".join(f"{sysconfig.get_path(kind)}\n" for kind in ("purelib", "platlib")))
    return place / "bin"


def test_the_wheel_holds_nothing_but_the_scanner(names):
    other = {n for n in names if not n.startswith(("scanner/", f"leakseal-{scanner.__version__}.dist-info/"))}
    assert not other
    assert not [n for n in names if "stray" in n or "__pycache__" in n or ".venv" in n or "/tests/" in n]


def test_the_wheel_holds_every_module_rule_hook_and_schema(names, kept):
    expected = {n if n.startswith("scanner/") else f"scanner/_shipped/{n}" for n in kept if n.startswith(SHIPS)}
    assert {n for n in names if n.startswith("scanner/")} == expected
    assert [n for n in names if n.startswith("scanner/_shipped/rules/") and n.endswith(".yaml")]
    assert [n for n in names if n.startswith("scanner/_shipped/hooks/")]
    assert [n for n in names if n.endswith(".schema.json")]


def test_an_editable_install_holds_no_copies(checkout, tmp_path):
    script = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    done = run(sys.executable, "-c", script, tmp_path, cwd=checkout)
    assert done.returncode == 0, done.stderr.decode()
    with zipfile.ZipFile(tmp_path / done.stdout.decode().split()[-1]) as archive:
        own = [n for n in archive.namelist() if ".dist-info/" not in n]
        assert [archive.read(n).decode().strip() for n in own] == [str(checkout)]


def test_the_version_is_written_the_same_in_both_places():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == scanner.__version__


def test_the_wheel_is_what_runs(installed, tmp_path):
    done = run(installed / "python", "-c", "import scanner; print(scanner.__file__)", cwd=tmp_path)
    assert Path(done.stdout.decode().strip()).is_relative_to(installed.parent)


def test_the_installed_hooks_may_be_run(installed):
    (packages,) = (installed.parent / "lib").glob("python*/site-packages")
    hooks = sorted((packages / "scanner" / "_shipped" / "hooks" / "git").iterdir())
    assert hooks
    assert all(os.access(hook, os.X_OK) for hook in hooks)


def test_the_installed_command_lists_its_rules(installed, tmp_path):
    done = run(installed / "leakseal", "rules", "list", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert b"postgres" in done.stdout


def test_the_installed_command_is_quiet_about_a_clean_repository(installed, repo):
    repo.commit({"README": "nothing to see\n"})
    done = run(installed / "leakseal", "scan", "--format", "json", repo.path, cwd=repo.path.parent)
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert (report["result"], report["findings"], report["gaps"]) == ("clean", [], [])


@pytest.mark.parametrize("words", [("leakseal",), ("python", "-m", "scanner")], ids=["command", "module"])
def test_the_installed_command_finds_a_password_that_a_later_commit_removed(installed, repo, words):
    password = "".join(random.Random(7).choices("abcdefghijkmnpqrstuvwxyz23456789", k=20))
    repo.commit({"deploy/app.env": f"DATABASE_URL=postgresql://billing:{password}@db.internal.corp:5432/billing\n"})
    repo.commit({"deploy/app.env": "\n"})
    done = run(installed / words[0], *words[1:], "scan", "--format", "json", repo.path, cwd=repo.path.parent)
    assert done.returncode == 1, done.stderr.decode().replace(password, "********")
    assert [f["location"]["path"] for f in json.loads(done.stdout)["findings"]] == ["deploy/app.env"]
    spoken = password.encode() in done.stdout or password.encode() in done.stderr
    assert not spoken, "the secret was printed"


def test_the_hooks_that_are_offered_are_the_ones_in_the_contract():
    lines = (ROOT / ".pre-commit-hooks.yaml").read_text().splitlines()
    assert [line.removeprefix("- id: ") for line in lines if line.startswith("- id: ")] == [
        "leakseal",
        "leakseal-push",
        "leakseal-commit-msg",
    ]


def test_pre_commit_accepts_the_hooks_file(tmp_path):
    done = run(sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout.decode()
    done = run(sys.executable, "-m", "pre_commit", "validate-config", ROOT / ".pre-commit-config.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout.decode()


def _skips(message: str) -> str:
    skipped = f'<skipped type="pytest.skip" message="{message}"/>'
    return f'<testsuites><testsuite><testcase classname="a" name="b">{skipped}</testcase></testsuite></testsuites>'


@pytest.mark.parametrize(
    ("junit", "code"),
    [
        ('<testsuites><testsuite><testcase classname="a" name="b"/></testsuite></testsuites>', 0),
        (_skips("only on other systems"), 0),
        (_skips("needs an OCR engine"), 1),
        ("<testsuites><testsuite/></testsuites>", 1),
    ],
    ids=["all ran", "skipped for good", "skipped for lack", "none ran"],
)
def test_ci_fails_when_a_test_was_skipped_for_lack_of_something(tmp_path, junit, code):
    (tmp_path / "junit.xml").write_text(junit)
    assert run(sys.executable, ROOT / ".ci" / "skipped.py", "junit.xml", cwd=tmp_path).returncode == code


def test_scripts_of_the_ci_parse_and_may_be_run():
    for name in ("run", "packages", "python"):
        script = ROOT / ".ci" / name
        assert os.access(script, os.X_OK)
        assert run("bash", "-n", script, cwd=ROOT).returncode == 0

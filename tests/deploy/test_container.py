"""The container file builds by its own steps, outside a container: what it copies, installs and runs is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "Containerfile"


def steps() -> list[list[tuple[str, str]]]:
    """Its stages: (instruction, what follows it), continued lines joined."""
    stages: list[list[tuple[str, str]]] = []
    lines = [line for line in FILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            if word == "FROM":
                stages.append([])
            stages[-1].append((word, " ".join(rest.split())))
    return stages


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root folder that the first stage makes: every absolute path of the file lies below it."""
    root = tmp_path_factory.mktemp("root")
    for word, rest in steps()[0]:
        if word == "COPY":
            *sources, target = shlex.split(rest)
            for name in sources:
                place = root / target.lstrip("/")
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    place.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / name, place)
        elif word == "RUN":
            subprocess.run(["sh", "-euc", re.sub(r"(?<=['\s])/(?=opt/|src)", f"{root}/", rest)], check=True, timeout=600)
    return root


def test_the_first_stage_makes_a_program_that_scans_and_sweeps(built: Path, tmp_path: Path) -> None:
    command = built / "opt" / "leakseal" / "bin" / "leakseal"
    (tmp_path / "app.env").write_text("nothing here\n")
    words = [command, "scan", tmp_path, "--format", "json"]
    found = subprocess.run(words, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=True)
    assert '"result":"clean"' in found.stdout.replace(" ", "")
    for words in (["sweep", "--help"], ["ledger", "--help"]):
        assert subprocess.run([command, *words], capture_output=True, env={"PATH": "/usr/bin:/bin"}, check=True).stdout
    assert subprocess.run([built / "opt" / "leakseal" / "bin" / "dask", "worker", "--help"], capture_output=True, check=True).stdout


def test_the_second_stage_takes_only_what_there_is_and_runs_as_nobody_special(tmp_path: Path) -> None:
    stage = steps()[1]
    words = [word for word, _ in stage]
    assert words.index("USER") < words.index("ENTRYPOINT") and dict(stage)["USER"] == "10001:10001"
    runs = [rest for word, rest in stage if word == "RUN"]
    (packages,) = (re.search(r"apt-get install (.*?) >/dev/null", rest) for rest in runs if "apt-get" in rest)
    assert packages is not None
    if shutil.which("apt-get") is None:
        pytest.skip("needs Debian's apt-get")
    subprocess.run(["apt-get", "install", "--simulate", *packages[1].split()], check=True, capture_output=True)
    for name in ("etc", "var/lib"):
        (tmp_path / name).mkdir(parents=True)
    (account,) = (rest for rest in runs if "useradd" in rest)
    below = account.replace("groupadd ", f"groupadd --prefix {tmp_path} ").replace("useradd ", f"useradd --prefix {tmp_path} ")
    below = re.sub(r"/var/lib/leakseal$", f"{tmp_path}/var/lib/leakseal", below.strip()).replace("--owner=10001 --group=10001", "")
    for name in ("passwd", "group", "shadow", "gshadow"):
        (tmp_path / "etc" / name).touch()
    subprocess.run(["sh", "-euc", below], check=True, capture_output=True)
    assert "leakseal:x:10001:10001" in (tmp_path / "etc" / "passwd").read_text()
    assert (tmp_path / "var/lib/leakseal").stat().st_mode & 0o777 == 0o700

"""No output of any kind carries a secret, a part of one longer than its public prefix, or a plain hash of one."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.cli.options import known
from scanner.errors import RuleError
from scanner.pipeline.rulecheck import check
from scanner.report import FORMATS
from scanner.rulepack.load import load
from scanner.rulepack.packs import read_packs
from tests.e2e.dragnet import Dragnet, Secret
from tests.e2e.planted import Ground, crowd, plant_all, plants

ROOT = Path(__file__).resolve().parents[2]
SCANNER = (sys.executable, "-m", "scanner")
Run = Callable[..., tuple[int, bytes]]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return plant_all(tmp_path_factory.mktemp("ground"))


@pytest.fixture(scope="module")
def net() -> Dragnet:
    return Dragnet(secret for plant in plants() for secret in plant.secrets)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of every run: a cache, a temporary folder and a git that writes down the words it is called with."""
    home = tmp_path_factory.mktemp("surroundings")
    for name in ("cache", "tmp", "bin"):
        (home / name).mkdir()
    git = shutil.which("git")
    program = home / "bin/git"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{home}/said"\nexec "{git}" "$@"\n')
    program.chmod(0o755)
    return {
        **os.environ, "LEAKSEAL_CACHE": str(home / "cache"), "TMPDIR": str(home / "tmp"), "PATH": f"{home}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip


@pytest.fixture
def run(surroundings: dict[str, str], tmp_path: Path, net: Dragnet) -> Run:
    """Runs the scanner in an empty folder; answers its exit code and all that it wrote, after looking for secrets in it."""

    def start(
        *words: str | bytes | Path, data: bytes = b"", program: Sequence[str] = SCANNER, folder: Path | None = None
    ) -> tuple[int, bytes]:
        here = folder or tmp_path / "here"
        here.mkdir(exist_ok=True)
        done = subprocess.run([*program, *words], input=data, capture_output=True, env=surroundings, cwd=here, timeout=300, check=False)
        written = done.stdout + b"\n" + done.stderr
        for file in sorted((tmp_path / "out").rglob("*")):
            written += b"\n" + file.name.encode() + b"\n" + (file.read_bytes() if file.is_file() else b"")
        assert net.catch(written) == []
        assert b"Traceback" not in written
        return done.returncode, written

    (tmp_path / "out").mkdir()
    return start


@pytest.fixture
def call(
    surroundings: dict[str, str], tmp_path: Path, net: Dragnet, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Run:
    """The same without a process of its own, for what ends before anything is scanned."""
    monkeypatch.setenv("LEAKSEAL_CACHE", surroundings["LEAKSEAL_CACHE"])
    before = signal.getsignal(signal.SIGTERM)

    def start(*words: str | Path, folder: Path | None = None) -> tuple[int, bytes]:
        here = folder or tmp_path / "here"
        here.mkdir(exist_ok=True)
        monkeypatch.chdir(here)
        try:
            code = main([str(word) for word in words])
        finally:
            signal.signal(signal.SIGTERM, before)
        written = b"\n".join(capfdbinary.readouterr())
        assert net.catch(written) == []
        assert b"Traceback" not in written
        return code, written

    return start


def _word(ground: Ground, number: int = 0) -> str:
    return ground.words[number].decode()


# -- that the test itself can fail -------------------------------------------------------------------------------------------


def test_the_net_catches_what_it_should(net: Dragnet) -> None:
    assert len(plants()) > 300
    assert all(plant.secrets for plant in plants())
    caught = [plant.name for plant in plants() if net.catch(plant.text)]
    shorter = {plant.name for plant in plants() if all(len(secret.value) - secret.public < 8 for secret in plant.secrets)}
    assert {plant.name for plant in plants()} - set(caught) <= shorter
    assert net.catch(b"The quick brown fox jumps over the lazy dog. " * 9) == []


# -- scans --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "form"), [*(("repo", form) for form in sorted(FORMATS)), ("bare", "table"), ("tree", "table")])
def test_reports(run: Run, ground: Ground, tmp_path: Path, place: str, form: str) -> None:
    out = tmp_path / "out"
    code, _ = run("scan", getattr(ground, place), "--format", form, "-o", out / "r.json", "-o", out / "r.sarif", "-o", out / "r.jsonl")
    assert code == 1
    found = json.loads((out / "r.json").read_bytes())["findings"]
    assert len({finding["rule"] for finding in found}) > 150, "nothing was found, so nothing could leak"


@pytest.mark.parametrize("options", [
    ("--quiet",), ("--no-color",), ("--engine", "re2"), ("--engine", "hyperscan"), ("--walk", "git"), ("--jobs", "2"),
    ("--verify-objects",),
    ("--allow-gaps", "--trust-owner"),
])  # fmt: skip
def test_ways_to_scan(run: Run, ground: Ground, options: tuple[str, ...]) -> None:
    assert run("scan", ground.repo, *options, "--format", "json")[0] == 1


def test_several_targets_and_standard_input(run: Run, ground: Ground) -> None:
    data = b"\n".join(plant.text for plant in plants())
    assert run("scan", ground.tree, ground.repo / "alone", "-", "--logs", ground.tree, "--format", "table", data=data)[0] == 1
    assert run("scan", "-", "--format", "sarif", data=data.decode("latin-1").encode("utf-16"))[0] == 1


def test_a_terminal(ground: Ground, surroundings: dict[str, str], net: Dragnet) -> None:
    ours, theirs = pty.openpty()
    env = {**surroundings, "TERM": "xterm-256color", "COLUMNS": "70"} | {"NO_COLOR": ""}
    with subprocess.Popen([*SCANNER, "scan", str(ground.tree)], stdout=theirs, stderr=theirs, stdin=theirs, env=env) as running:
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 1 << 16):
                written += piece
        except OSError:  # the other end is closed
            os.close(ours)
    assert running.returncode == 1
    assert b"\x1b[" in written
    assert net.catch(written) == []


@pytest.mark.parametrize("form", ["table", "json"])
def test_an_artifact_with_everything_in_it(run: Run, ground: Ground, tmp_path: Path, form: str) -> None:
    archive = tmp_path / "app.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        made.add(ground.tree, "app")
        for number in range(3):
            made.addfile(tarfile.TarInfo(f"app/{_word(ground, number)}.bin"))
            made.addfile(tarfile.TarInfo(f"app/nowhere/{_word(ground, number)}/device"))
    subprocess.run(["git", "init", "-q", str(tmp_path / "own")], check=True)
    subprocess.run(["git", "-C", str(tmp_path / "own"), "commit", "-qm", "x", "--allow-empty"], check=True)
    said = tmp_path / "out/artifact.json"
    code, _ = run("artifact", archive, "--source", tmp_path / "own", "--format", form, "-o", said)
    assert code == 4
    result = json.loads(said.read_bytes())
    assert {one["name"] for one in result["checks"] if one["outcome"] == "failed"} >= {"binding", "secrets"}
    assert len({finding["rule"] for finding in result["scan"]["findings"]}) > 150, "nothing was found, so nothing could leak"


# -- names and mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [
    ("scan", "/nowhere/%s"), ("scan", "https://bot:%s@git.shop.internal/a.git"), ("scan", "%s"), ("scan", ".", "--format", "%s"), ("%s",),
    ("scan", "--token=%s"), ("scan", "--config", "%s.yaml"), ("scan", "--rules", "rules/%s"), ("scan", "--suppressions", "%s"),
    ("scan", ".", "-o", "%s"), ("scan", ".", "-o", "/nowhere/%s.json"), ("scan", "--jobs", "%s"), ("rules", "show", "%s"), ("rules", "%s"),
    ("rules", "check", "%s"), ("rules", "list", "%s"), ("rules", "list", "--rules", "x/%s"), ("accept", "%s"),
    ("accept", "%s", "--report", "%s"),
    ("artifact", "docker://bot:%s@git.shop.internal/a:1"), ("artifact", "x", "--parameter", "%s"),
    ("hook", "%s"), ("hook", "pre-commit", "--%s"), ("scan", "--git", "%s"), ("scan", "."),
])  # fmt: skip
@pytest.mark.parametrize("number", range(3))
def test_secrets_on_the_command_line(call: Run, ground: Ground, words: tuple[str, ...], number: int) -> None:
    call(*(word.replace("%s", _word(ground, number)) for word in words))


def test_a_secret_in_the_name_of_a_target(run: Run, ground: Ground, tmp_path: Path) -> None:
    here = tmp_path / f"a-{_word(ground, 9)}"
    (here / "https:").mkdir(parents=True)
    (here / "a.env").write_bytes(plants()[1].text)
    (here / f"{_word(ground, 8)}.txt").write_bytes(plants()[2].text)
    subprocess.run(["git", "init", "-q", str(here / "repo")], check=True)
    for form in sorted(FORMATS):
        run("scan", here, here / "repo", here / f"{_word(ground, 8)}.txt", "--format", form)


@pytest.mark.parametrize("file", [
    "%s: 1\n", "version: 1\n%s: 1\n", "rules:\n  disable: [%s]\n", "version: %s\n", "fingerprint:\n  salt: [%s]\n",
    "fingerprint:\n  key-env: %s\n",

    "fingerprint:\n  key-file: %s\n", "rules:\n  packs: [%s]\n", "paths:\n  - exclude: %s\n", "limits:\n  seconds: %s\n", "a: '%s\n",
    "a: &%s b\n",
    "a: *%s\n", "!%s a\n", "%s\n", "- %s\n", "? [%s]\n: 2\n", "a: |\n %s\n%s\n", "\"%s\" b\n", "{%s\n",
])  # fmt: skip
def test_a_secret_in_the_wrong_place_of_a_file_of_ours(call: Run, ground: Ground, tmp_path: Path, file: str) -> None:
    for number in (5,):
        text = file.replace("%s", _word(ground, number))
        for name in ("leakseal.yaml", ".leakseal/suppressions.yaml"):
            here = tmp_path / f"{number}-{Path(name).stem}"
            (here / ".leakseal").mkdir(parents=True)
            (here / name).write_text(text)
            call("scan", folder=here)
            call("scan", ".", "--config" if name == "leakseal.yaml" else "--suppressions", here / name)
            call("rules", "list", folder=here)


_RULE = """family: Acme
references: ["https://acme.example/docs"]
rules:
  - id: acme-key
    title: Acme deploy key
    kind: token
    severity: high
    pattern: '\\b(?P<secret>acme_[0-9a-z]{20,40})\\b'
    checks: ["entropy:3.0"]
    advice: Revoke it.
    hits: ['acme_{any:abcdefghijklmnop123456789:25}']
    misses: [short]
"""


@pytest.mark.parametrize("right, wrong", [
    ("acme-key", "A %s"), ("kind: token", "kind: %s"), ("severity: high", "severity: %s"), ("title", "%s"),
    ("acme_[", "%s("), ("acme_[", "%s)["), ("acme_[", "%s{2000}["), ("acme_[", "(?=%s)["), ("acme_[", "ä%s["), ("\\b(?P", "[b-a%s](?P"),
    ("\\b(?P<secret>acme", "(?P<%s>x)(?P<%s>y)(?P<secret>acme"), ("\\b(?P<secret>acme", "\\%s(?P<secret>acme"), ("entropy:3.0", "%s"),
    ("entropy:3.0", "entropy:%s"), ("https://acme", "%s"), ("'acme_{any", "'{%s}{any"), ("'acme_{any", "'%s{any:%s}{any"),
    ("[short]", "['{%s']"),
    ("[short]", "[%s"), ("[short]", "&%s"), ("[short]", "!%s x"), ("[short]", "'{pem:%s}'"), ("'acme_{any", "'%s {any"),
    ("[short]", "['%s}']"),
    ("    advice", "    parser: %s\n    advice"), ("    advice", "    anchor: '%s.*'\n    advice"),
    ("    advice", "    before: %s\n    advice"),
    ("    advice", "    %s: 1\n    advice"), ("family: Acme", "family: [%s]"), ("family: Acme", "%s"),
])  # fmt: skip
def test_a_rule_pack_with_a_mistake_is_not_quoted(net: Dragnet, ground: Ground, tmp_path: Path, right: str, wrong: str) -> None:
    assert right in _RULE
    pack = tmp_path / "pack.yaml"
    pack.write_text(_RULE.replace(right, wrong.replace("%s", _word(ground, 6)), 1), encoding="utf-8")
    problems = check(read_packs([pack]), known=known(), texts=lambda: ()).problems
    assert problems
    assert net.catch("\n".join(f"{problem} {problem.hint}" for problem in problems).encode()) == []
    with suppress(RuleError):
        load([pack], known=known())  # what a scan does with it


def test_a_rule_pack_with_mistakes_ends_in_their_lines(call: Run, ground: Ground, tmp_path: Path) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text(_RULE.replace("kind: token", f"kind: {_word(ground, 6)}"))
    for words in (("rules", "check", pack), ("rules", "list", "--rules", pack), ("scan", ".", "--rules", pack)):
        code, written = call(*words)
        assert code == 2
        assert b"pack.yaml:6:" in written


# -- acceptances and hooks ----------------------------------------------------------------------------------------------------


def test_acceptances(run: Run, ground: Ground, tmp_path: Path) -> None:
    shown, file = tmp_path / "out/report.json", tmp_path / "out/accepted.yaml"
    run("scan", ground.tree, "-o", shown)
    findings = json.loads(shown.read_bytes())["findings"]
    common = ("--report", shown, "--file", file, "--expires", "2026-12-31")
    for option in ("--owner", "--reason", "--ticket"):
        words = {"--owner": "Team", "--reason": "a sample of ours", "--ticket": "T-1"} | {option: f"see {_word(ground, 2)} there"}
        assert run("accept", findings[0]["id"], *common, *(word for pair in words.items() for word in pair))[0] == 2
    terms = ("--owner", "Team", "--reason", "a sample of ours", "--ticket", "T-1")
    run("accept", *(finding["id"] for finding in findings[:9]), *common, *terms)
    for words in (("check",), ("list",), ("prune", "--dry-run")):
        run("suppressions", *words, "--file", file, *([] if words == ("list",) else ["--report", shown]))
    run("scan", ground.tree, "--suppressions", file)
    run("scan", ground.tree, "--suppressions", file, "--format", "sarif")
    by_hand = tmp_path / "by-hand.yaml"
    by_hand.write_text(file.read_text().replace("a sample of ours", f"was {_word(ground, 4)} once"))
    lone = tmp_path / "lone"
    lone.mkdir()
    for plant in plants()[::20]:
        (lone / plant.name).write_bytes(plant.text)
    for form in sorted(FORMATS):
        run("scan", lone, "--suppressions", by_hand, "--format", form)


@pytest.mark.parametrize("words", [("pre-commit",), ("pre-commit", "--all-files"), ("commit-msg", ".git/COMMIT_EDITMSG")])
def test_hooks(run: Run, ground: Ground, tmp_path: Path, words: tuple[str, ...]) -> None:
    here = tmp_path / "clone"
    shutil.copytree(ground.repo, here)
    (here / "new.env").write_bytes(plants()[3].text)
    subprocess.run(["git", "-C", str(here), "add", "-A"], check=True)
    (here / ".git/COMMIT_EDITMSG").write_bytes(b"Set " + ground.words[1] + b"\n")
    run("hook", *words, folder=here)
    remote = f"https://bot:{_word(ground, 1)}@git.shop.internal/a.git"
    run("hook", "pre-push", "origin", remote, data=b"refs/heads/main HEAD x y\n", folder=here)
    run("hook", "pre-receive", data=f"{'0' * 40} {_word(ground, 3)} refs/heads/{_word(ground, 2)}\n".encode(), folder=here)


def test_a_sweep_and_the_bytes_of_its_ledger(run: Run, ground: Ground, tmp_path: Path) -> None:
    named, out = tmp_path / _word(ground, 7), tmp_path / "out"
    shutil.copytree(ground.repo, named)
    listed = f"version: 1\nrepositories:\n- path: {named}\n- path: {ground.bare}\n  owner: {_word(ground, 8)}\n"
    (tmp_path / "inventory.yaml").write_text(listed)
    words = ("sweep", tmp_path / "inventory.yaml", "--ledger", out / "ledger.db", "--cache", tmp_path / "mirrors")
    assert run(*words, "-o", out / "reports", "--format", "json")[0] == 1
    assert (out / "ledger.db").stat().st_size > 100_000
    run(*words, "--all")
    run(*words, "--list")
    run("ledger", "export", out / "ledger.db", "-o", out / "ledger.jsonl")
    run("ledger", "doctor", out / "ledger.db")
    run("report", out / "ledger.db", "-o", out / "sweep.html")


def test_ten_thousand_secrets_of_all_kinds(surroundings: dict[str, str], tmp_path: Path) -> None:
    many, out = tmp_path / "many", tmp_path / "out"
    many.mkdir()
    out.mkdir()
    count, alone = crowd(many)
    assert count > 10_000 and len(alone) > 150_000
    words = ["scan", many, "-o", out / "r.json", "-o", out / "r.html", "-o", out / "r.sarif"]
    done = subprocess.run([*SCANNER, *words], capture_output=True, env=surroundings, timeout=300, check=False)
    assert done.returncode == 1 and len(json.loads((out / "r.json").read_bytes())["findings"]) > 7_000
    written = b"\n".join((done.stdout, done.stderr, *(file.read_bytes() for file in sorted(out.iterdir()))))
    seen = {line[at : at + 8] for line in set(written.splitlines()) for at in range(len(line) - 7)}
    assert len(seen) > 100_000 and sorted(seen & alone) == []


# -- when things break --------------------------------------------------------------------------------------------------------

_BREAK = """
import sys
from importlib import import_module
module, _, name = sys.argv[1].partition(":")
def boom(*given, **named):
    kept = [repr(part) for part in given] + [getattr(part, "value", None) for part in given]
    raise {error}(str(kept) + repr(named))
owner = import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
getattr(owner, last)
setattr(owner, last, boom)
from scanner.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("error", ["ValueError", "KeyError", "OSError"])
@pytest.mark.parametrize("what", [
    "scanner.detect.engine:Engine.find", "scanner.findings.seal:Seal.fingerprint", "scanner.findings.mask:Mask.text",
    "scanner.findings.mask:Mask.learn", "scanner.report.json_v1:document", "scanner.findings.locate:Lines.place",
    "scanner.pipeline.run:establish", "scanner.detect.password:is_secret_password",
])  # fmt: skip
def test_an_unforeseen_error(run: Run, ground: Ground, what: str, error: str) -> None:
    program = (sys.executable, "-c", _BREAK.replace("{error}", error), what)
    code, _ = run("scan", ground.tree if error == "KeyError" else ground.repo, "--format", "json", program=program)
    assert code in (1, 2, 3), "a broken run is never clean"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption(surroundings: dict[str, str], net: Dragnet, sent: int) -> None:
    with subprocess.Popen(
        [*SCANNER, "scan", "-", "--format", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings
    ) as running:
        assert running.stdin is not None
        for _ in range(140):  # more than a pipe holds and a window takes, so that it is reading and searching
            running.stdin.write(b"\n".join(plant.text for plant in plants()[::8]))
        running.stdin.flush()
        running.send_signal(sent)
        written = b"".join(running.communicate(timeout=600))
    assert running.returncode == 130
    assert net.catch(written) == []
    assert b"Traceback" not in written


# -- other scanners' files, explanations, plans -------------------------------------------------------------------------------


def test_explanations_plans_and_comparisons(run: Run, ground: Ground, tmp_path: Path, net: Dragnet) -> None:
    shown = tmp_path / "out/report.json"
    run("scan", ground.repo, "-o", shown)
    by_rule = {finding["rule"]: finding["id"] for finding in json.loads(shown.read_bytes())["findings"]}
    for rule in ("postgres-dsn", "generic-password"):
        assert run("explain", by_rule[rule], "--report", shown)[0] == 0
    assert run("remove-plan", ground.repo, "--report", shown, "-o", tmp_path / "plan")[0] == 0
    assert net.catch(b"\n".join(path.read_bytes() for path in (tmp_path / "plan").iterdir())) == []
    assert run("remove-plan", ground.repo, "--report", shown, "--verify")[0] == 1
    assert run("compare", shown, shown)[0] == 0
    assert run("init", ground.repo, "--hooks", "none", "--ci", "gitlab")[0] == 0


def test_what_other_scanners_wrote(run: Run, ground: Ground, tmp_path: Path) -> None:
    told = []
    for number, plant in enumerate(plants()):
        for secret in plant.secrets[:1]:
            value = secret.value.decode("utf-8", "replace")
            told.append({"RuleID": f"r{number}", "Secret": value, "Match": value, "File": plant.name, "StartLine": 1, "EndLine": 1})
    (tmp_path / "theirs.json").write_text(json.dumps(told))
    assert run("import", "report", tmp_path / "theirs.json", "-o", tmp_path / "out/ours.json")[0] == 0
    terms = ("--owner", "Team", "--reason", "made over", "--ticket", "T-1", "--expires", "2027-06-30", "--file", tmp_path / "out/s.yaml")
    assert run("import", "baseline", tmp_path / "theirs.json", "--root", ground.tree, *terms)[0] == 0
    held = [json.dumps(_word(ground, number)) for number in range(7)]
    words = "".join(f"[[allowlists]]\nregexes = [{word}]\nstopwords = [{word}]\n" for word in held[:5])
    rule = f"[[rules]]\nid = 'acme'\nregex = 'acme_[a-z]{{9}}'\ndescription = {held[6]}\nkeywords = ['acme', {held[5]}]\n"
    rule += f"[[rules]]\nid = 'plain'\nregex = {held[6]}\n"
    (tmp_path / "their.toml").write_text(words + rule)
    assert run("import", "rules", tmp_path / "their.toml", "-o", tmp_path / "out/pack.yaml")[0] == 0


# -- what is left behind ------------------------------------------------------------------------------------------------------


def test_what_is_left_behind(run: Run, ground: Ground, surroundings: dict[str, str], net: Dragnet) -> None:
    run("scan", ground.repo)
    home = Path(surroundings["TMPDIR"]).parent
    left = [path for path in (home / "tmp").rglob("*") if path.is_file()]
    assert left == [], "temporary files stay"
    assert net.catch((home / "said").read_bytes()) == [], "git was called with a secret, which everybody on the machine can see"
    for path in (home / "cache").rglob("*"):  # patterns may look like a part of a secret; their bytes are compared below
        assert net.catch(path.name.encode()) == []


def test_caches_do_not_depend_on_what_was_scanned(run: Run, ground: Ground, surroundings: dict[str, str], tmp_path: Path) -> None:
    def caches() -> dict[str, bytes]:
        folder = Path(surroundings["LEAKSEAL_CACHE"])
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    shutil.rmtree(surroundings["LEAKSEAL_CACHE"])
    run("scan", ".", "--format", "json")
    empty = caches()
    run("scan", ground.repo, "--format", "json")
    before = caches()
    assert empty and empty.items() <= before.items()
    shutil.rmtree(surroundings["LEAKSEAL_CACHE"])
    run("scan", ground.tree, "--format", "json")
    assert caches() == before


def test_secrets_are_named_but_not_shown_by_this_test() -> None:
    assert "Qz81kLm2" not in repr(Secret("a", b"Qz81kLm2Pq7R"))

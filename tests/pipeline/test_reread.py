"""Text that is encoded in text: found once, placed where it stands, and quiet where nothing is encoded."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from scanner import cachefile, shipped
from scanner.cli.options import named
from scanner.cli.scan import command
from scanner.decode.content import Content, Pieces
from scanner.decode.limits import DEFAULT, Budget, Limits
from scanner.detect.engine import Engine
from scanner.pipeline import examine, reread
from scanner.pipeline.engines import engine
from scanner.pipeline.examine import Placed
from scanner.pipeline.opened import Opened, examined, flowed
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow
from tests.conftest import Repo
from tests.decode.encoded import WRITTEN, b64, zipped

PLAIN = b"".join(b"line %d: {'a': %d} what a configuration says\n" % (n, n * n) for n in range(40))


@cache
def searcher(kind: str = "auto") -> Engine:
    return engine(load([shipped.shipped("rules")], known=named()), cachefile.folder(), kind)


@cache
def password(seed: int = 1) -> str:
    return grow("{alnum:24}", seed).decode()


def address(seed: int = 1) -> str:
    return f"postgresql://apps:{password(seed)}@db-{seed}.example.org:5432/orders"


def around(text: str) -> bytes:
    return PLAIN + f'  first: "{text}"\n'.encode() + PLAIN


def read(data: bytes) -> Opened:
    return examined(searcher(), data, DEFAULT)


def steps(seen: Placed) -> tuple[str, ...]:
    """Without their places."""
    return tuple(step.partition("@")[0] for step in seen.hit.steps)


def told(done: Opened) -> list[tuple[object, ...]]:
    return sorted((seen.hit.rule.id, seen.place.line, seen.place.column, seen.place.end_column, seen.hit.steps) for seen in done.found)


def noise(size: int, seed: int = 3) -> bytes:
    return random.Random(seed).randbytes(size)


QUIET = {
    "a picture in base64": "data:image/png;base64," + b64(b"\x89PNG\r\n\x1a\n" + noise(20_000)),
    "a font in base64": "url(data:font/woff2;base64," + b64(b"wOF2" + noise(20_000)) + ")",
    "hashes": "\n".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200)),
    "integrity": "\n".join("sha512-" + b64(hashlib.sha512(bytes([n])).digest()) for n in range(100)),
    "identifiers": "\n".join(str(uuid.UUID(bytes=noise(16, n))) for n in range(100)),
    "paths and long names": "\n".join(f"src/main/java/org/example/service/AbstractSingletonProxyFactoryBean{n}" for n in range(50)),
    "a greeting": f"{b64('Hello, this is a harmless sentence of some length.')}",
    "formats of printf": 'printf("%2d %3d %04x %5.2f%% %20s\\n", a, b);',
    "escapes of a table": ", ".join(f'"\\x{n:02x}\\u00{n:02x}"' for n in range(256)),
    "the name of a magic": 'MAGIC = "H4sI"; ZIP = "UEsDBBQ"',
}


@pytest.mark.parametrize("name", QUIET)
def test_stays_quiet(name: str) -> None:
    done = read(around(QUIET[name]))
    assert (done.found, done.unseen) == ([], [])


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_so_is_found_where_it_stands(name: str) -> None:
    write, way = WRITTEN[name]
    data = around(write(address()))
    done = read(data)
    assert [seen.hit.value.decode() == password() for seen in done.found] == [True]
    assert done.unseen == []
    seen = done.found[0]
    assert steps(seen) == way
    assert (seen.place.line >= 41) == (seen.inside.member is None)
    assert all(re.fullmatch(r"[a-z0-9-]+@[0-9]+-[0-9]+|gunzip|unzip|utf-16le", step) for step in seen.hit.steps)
    start, end = map(int, seen.hit.steps[0].partition("@")[2].split("-"))
    assert len(PLAIN) <= start < end <= len(data) - len(PLAIN)


def test_the_place_is_that_of_the_secret_and_not_of_all_that_is_encoded() -> None:
    before, url = "note = 'as before'\n" * 3, address()
    text = b64(before + url + " " * (-len(before + url) % 3) + "\nafter = 1\n" * 9)
    (seen,) = read(b"k: " + text.encode() + b"\n").found
    first = len(before) // 3 * 4
    assert (seen.place.line, seen.place.column) == (1, 4 + first)
    assert seen.place.end_column == 4 + -(-(len(before) + len(url)) // 3) * 4


@pytest.mark.parametrize("text", [f"{address()} %2Fx%3A", f"{address()}\n{b64(address() + ' ')}", f"url: {address().replace('@', '%40')}"])
def test_what_stands_in_the_text_and_in_a_reading_of_it_is_one_finding_there(text: str) -> None:
    found = read(text.encode()).found
    assert [seen.hit.steps for seen in found][:1] == [()] or len(found) == 1
    assert len({(seen.place.line, seen.place.column) for seen in found}) == len(found)


def test_several_secrets_in_one_stretch_are_several_findings() -> None:
    done = read(around(b64("".join(f"url_{n} = '{address(n)}'\n" for n in range(1, 6)))))
    assert {seen.hit.value.decode() for seen in done.found} == {password(n) for n in range(1, 6)}


def test_what_is_encoded_too_often_is_a_gap() -> None:
    text = address()
    for _ in range(24):
        text = b64(text)
    done = read(f"k: {text}\n".encode())
    assert [(one.reason, (one.inside.field or "").partition("@")[0]) for one in done.unseen] == [("archive-too-deep", "base64")]


def test_what_is_encoded_too_often_in_many_places_is_one_gap_with_a_count() -> None:
    percent, escaped = "%" + "25" * 12 + "41", "\\u005c" + "u005c" * 12 + "u0041"
    (gap,) = read(f"{percent}\n{'-' * 4000}\n{escaped}\n".encode()).unseen
    assert (gap.reason, gap.detail) == ("archive-too-deep", "text is encoded in more layers than are undone; this and 1 more")


def test_encodings_beside_each_other_are_not_layers() -> None:
    row = "%41 &#65; \\x41 =41 +AEA- \\u0041 \\\" %25%34%31 "
    done = read(f"{row * 40}\n{address()}\n".encode())
    assert done.unseen == []
    assert password() in [seen.hit.value.decode() for seen in done.found]


def test_what_can_be_read_in_endless_ways_is_a_gap_and_the_rest_is_read() -> None:
    mixed = r"%41&#65;\x41=41+AEA-\u0041" * 3000
    done = read(f"{mixed}\n{address()}\n".encode())
    assert {one.reason for one in done.unseen} <= {"archive-too-large", "archive-too-deep"}
    assert password() in [seen.hit.value.decode() for seen in done.found]


def test_packed_content_in_packed_content_ends_at_the_depth() -> None:
    data = b"deep"
    for _ in range(12):
        data = b"k: " + b64(zipped(data)).encode()
    assert [one.reason for one in read(data).unseen] == ["archive-too-deep"]


def test_a_damaged_archive_in_text_is_a_gap_of_its_own() -> None:
    whole = zipped(f"{address()}\n".encode() + noise(5000))
    text = b64(whole[: len(whole) // 2])
    done = read(f"k: {text}\n".encode())
    assert done.read
    assert all(one.inside.field == f"base64@3-{3 + len(text.rstrip('='))}" for one in done.unseen)


def test_a_stretch_that_is_longer_than_a_window_is_read_whole() -> None:
    data = around(b64(PLAIN * 3000 + f"url = '{address()}'\n".encode()))
    assert len(data) > examine.WINDOW * 1.5
    done = read(data)
    flow = Opened()
    flowed(searcher(), Content(Pieces(data[at : at + 99_999] for at in range(0, len(data), 99_999)), Budget(DEFAULT)), flow)
    assert [seen.hit.value.decode() == password() for seen in done.found] == [True]
    assert told(flow) == told(done)
    assert flow.unseen == done.unseen == []


def test_a_stretch_that_does_not_end_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "_WAIT", 1 << 20)
    monkeypatch.setattr(examine, "WINDOW", 1 << 18)
    data = f"k: {b64(PLAIN * 2000)}\n{address()}\n".encode()
    done = Opened()
    flowed(searcher(), Content(Pieces([data]), Budget(DEFAULT)), done)
    assert "truncated" in {one.reason for one in done.unseen} or len(data) < 1 << 20
    assert password() in [seen.hit.value.decode() for seen in done.found]


@given(st.lists(st.sampled_from([*sorted(WRITTEN), "", "", ""]), max_size=6), st.integers(1, 5000))
@bounds(max_examples=12)
def test_a_stream_says_what_the_whole_says(names: list[str], size: int) -> None:
    texts = [WRITTEN[name][0](address(n)) if name else PLAIN.decode() for n, name in enumerate(names, 1)]
    data = "".join(f"value_{n}: '{text}'\n" for n, text in enumerate(texts)).encode()
    flow = Opened()
    flowed(searcher(), Content(Pieces(data[at : at + size] for at in range(0, len(data), size)), Budget(DEFAULT)), flow)
    assert told(flow) == told(read(data))


HARMLESS = r'say("%41\n", "&amp;&#65;", "\x41\u0041") +AEA- =3D=' + "\n"


PARTS = st.sampled_from([*sorted(WRITTEN), "", "*"])


@given(st.lists(st.lists(PARTS, max_size=5), min_size=2, max_size=4), st.sampled_from([0, 3, 7, 8]))
@bounds(max_examples=10)
def test_what_was_read_before_makes_no_difference(versions: list[list[str]], depth: int) -> None:
    limits = replace(DEFAULT, depth=depth)
    parts = {"": PLAIN.decode(), "*": HARMLESS * 30}
    texts = ["\n".join(parts[name] if name in parts else WRITTEN[name][0](address()) for name in names).encode() for names in versions]
    assert_alike(texts, limits)


@pytest.mark.parametrize("free", [0, 700, 1500, 3000, 10_000])
def test_what_was_read_before_makes_no_difference_to_what_is_too_much(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reread, "_FREE", free)
    monkeypatch.setattr(reread, "_TIMES", 0)
    rows = [b"see /a?b=%%41%%42%%43%d for it\n" % n + PLAIN for n in range(3)]
    texts = [rows[0], b"".join(rows), b"".join(rows) + WRITTEN["percent"][0](address()).encode(), b"".join(reversed(rows))]
    missed = [{one.reason for one in done.unseen} for done in assert_alike(texts, DEFAULT)]
    assert (missed[1] == {"archive-too-large"}) == (free <= 1500)


def assert_alike(texts: Sequence[bytes], limits: Limits) -> list[Opened]:
    """Whether each is read twice as if it were the first."""
    reread._QUIET.pop(searcher(), None)
    warm = [examined(searcher(), text, limits) for text in (*texts, *texts)]
    for text, before, again in zip(texts, warm, warm[len(texts) :], strict=False):
        reread._QUIET.pop(searcher(), None)
        cold = examined(searcher(), text, limits)
        assert (told(before), before.unseen) == (told(again), again.unseen) == (told(cold), cold.unseen)
    return warm


def test_pieces_that_came_to_nothing_are_read_once() -> None:
    reread._QUIET.pop(searcher(), None)
    text = PLAIN * 20 + b"see /a?b=%41%42%43 for it\n" + PLAIN * 20
    sizes = []
    for version in range(3):
        read(text + b"%d\n" % version)
        sizes.append(reread._QUIET[searcher()].spared)
    assert sizes[0] == 0 < sizes[1] == sizes[2] - sizes[1]


def test_both_prefilters_see_the_same() -> None:
    for name in sorted(WRITTEN):
        data = around(WRITTEN[name][0](address()))
        assert told(examined(searcher("re2"), data, DEFAULT)) == told(read(data)), name


def scan(*words: str) -> list[tuple[str, int, list[str]]]:
    done = CliRunner().invoke(command, [*words, "--format", "json", "--quiet", "--jobs", "1"], standalone_mode=False)
    assert done.exception is None, done.exception
    assert password() not in done.stdout
    places = [finding["location"] for finding in json.loads(done.stdout)["findings"]]
    return [(at["path"], at["line"], [step.partition("@")[0] for step in at["steps"]]) for at in places]


@pytest.mark.parametrize("name", ["base64 twice", "a Helm release", "base64 of ZIP", "percent", "colours", "base64 in lines"])
def test_every_surface_reads_it(name: str, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, way = WRITTEN[name]
    data = around(write(address()))
    file = tmp_path / "plain" / "app.yaml"
    file.parent.mkdir()
    file.write_bytes(data)
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        archive.writestr("in/app.yaml", data)
    member = "!app.env" if "ZIP" in name else ""
    (_, line, _), *more = scan(str(file.parent))
    assert not more
    assert scan(str(file.parent)) == [(f"app.yaml{member}", line, list(way))]
    monkeypatch.setattr("scanner.cli.scan.StandardInput.pieces", lambda _: iter([data[:99], data[99:]]))
    assert scan("-") == [(f"-{member}", line, list(way))]
    assert scan(str(tmp_path / "plain.zip")) == [(f"plain.zip!in/app.yaml{member}", line, ["unzip", *way])]
    repo.commit({"deploy/app.yaml": data})
    repo.commit({"deploy/app.yaml": b"gone\n"})
    for walk in ("fast", "git"):
        assert scan("--git", str(repo.path), "--walk", walk) == [(f"deploy/app.yaml{member}", line, list(way))]
    repo.stage({"other.yaml": data})
    assert scan(str(repo.path), "--staged") == [(f"other.yaml{member}", line, list(way))]


def test_a_version_that_is_stored_as_a_delta_is_read_too(repo: Repo) -> None:
    for n in range(1, 6):
        text = b64(f"{'x = 1;' * n} {address(n)} ")
        repo.commit({"app.yaml": PLAIN * 20 + f"at {n}: {text}\n".encode() + PLAIN * 20})
    repo.git("gc", "--quiet", "--aggressive")
    assert len(scan("--git", str(repo.path))) == 5


def test_an_allowance_beside_what_is_encoded_counts(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(f"k = '{WRITTEN['percent'][0](address())}'  # leakseal: allow postgres-dsn of a test\n")
    done = CliRunner().invoke(command, [str(tmp_path), "--format", "json", "--quiet"], standalone_mode=False)
    assert [finding["disposition"] for finding in json.loads(done.stdout)["findings"]] == ["accepted"]


def test_a_made_up_file_of_text_is_no_gap() -> None:
    assert base64.b64decode(b64("x")) == b"x"
    assert read(b"\x1b[" * 5000 + PLAIN).unseen == []

"""What is fetched from a forge beside a repository's Git: all of it or a gap, only what is new, and the token for nobody else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from scanner.cli.options import project
from scanner.rulepack.sample import grow
from scanner.sweep.fetch import source
from scanner.sweep.past import Past, digests, earlier
from tests.gitrepo import token
from tests.sweep.fetching import TOKEN, Nights, gaps, hurried, nights, places
from tests.sweep.forging import ROOTS, Forged, forging

Start = Callable[..., Nights]
DOOR = """family: Doors
rules:
  - id: door-code
    title: Code of a door
    kind: token
    severity: high
    pattern: '\\bdoor-(?P<secret>[0-9a-f]{24})\\b'
    anchor: ['door-[0-9a-f]']
    before: 8
    after: 60
    specificity: 60
    confidence: 0.9
    advice: Change it.
    references: ["https://doors.example/"]
    hits: ['door-{hex:24}', 'a: door-{hex:24}', 'b=door-{hex:24}']
    misses: ['door-{hex:23}', 'door-{hex:25}']
"""
PULLS = {"gitlab": "merge_requests", "gitea": "pulls", "github": "pulls"}


@pytest.fixture
def start(tmp_path, monkeypatch) -> Iterator[Start]:
    monkeypatch.setenv("FETCH_TOKEN", TOKEN)
    monkeypatch.setattr(source, "Transport", hurried)
    with ExitStack() as stack:
        yield lambda kind, **said: stack.enter_context(nights(tmp_path, kind, **said))


def packed(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return made.getvalue()


def filled(night: Nights) -> None:
    """A release with three files, an issue and a pull request with all that can be said to them."""
    board = night.board
    board.write(12, f"the bot has {token(1)}")
    board.say(12, 50, "nothing\n\nGH=" + token(2))
    board.write(13, "a change", pull=True)
    board.say(13, 51, f"try {token(3)}", pull=True)
    if board.kind != "gitlab":
        board.review(13, 60, f"as {token(4)}", f"here {token(5)}")
    files = {
        "app.zip": packed(app_env=f"GH={token(6)}\n"),
        "run.log": f"2024-01-02T03:04:05Z GH={token(7)}\n".encode(),
        "clean.txt": b"x\n",
    }
    rows = []
    for id, (name, data) in enumerate(files.items(), 70):
        row, path = board.asset(id, name, len(data))
        night.forged.files[path] = data
        rows.append(row)
    board.release("v1", f"with {token(8)}", *rows)


@pytest.mark.parametrize("kind", ROOTS)
def test_everything_is_read_and_named_as_people_name_it(start: Start, kind: str) -> None:
    night = start(kind)
    filled(night)
    report = night()
    pull = PULLS[kind]
    wanted = [
        ("logs", "v1/run.log", None, None), ("notes", "issues/12", "12", "record.body"), ("notes", "issues/12", "12/50", "record.body"),
        ("notes", "releases/v1", "v1", "record.body"), ("notes", f"{pull}/13", "13/51", "record.body"),
        ("tree", "v1/app.zip!app.env", None, None),
    ]  # fmt: skip
    if kind == "github":
        wanted += [("notes", f"{pull}/13", "13/60", "record.body"), ("notes", f"{pull}/13", "13/61", "record.body")]
    if kind == "gitea":
        wanted += [("notes", f"{pull}/13", "13/60", "record.body"), ("notes", f"{pull}/13", "13/60/61", "record.body")]
    assert (places(report), gaps(report), report.notes) == (sorted(wanted, key=str), [], ())
    assert {one.location.author for one in report.findings if one.surface == "notes"} >= {"ana", "bo", "cy"}
    assert {said.split(" ")[-1] for _, _, said in night.forged.seen} == {TOKEN}
    assert TOKEN not in repr(night.source) + repr(night.held)


@pytest.mark.parametrize("kind", ROOTS)
def test_a_later_night_asks_for_and_reads_only_what_is_new_and_says_the_same(start: Start, kind: str) -> None:
    night = start(kind)
    filled(night)
    for number in range(20, 30):
        night.board.write(number, "nothing here")
    first, state = night(), night.held.state
    night.asked()
    assert (night(), night.held.state) == (first, state)
    again = night.asked()
    assert not [path for path in again if "/files/" in path or "download" in path or "/assets/" in path], "files are kept"
    lists = [path for path in again if path.partition("?")[0].endswith(("/issues", "/merge_requests", "/comments"))]
    assert len(lists) >= 2 and all("since=2026" in path or "updated_after=2026" in path for path in lists)
    read = night.fetched.fresh
    night.board.write(25, f"now {token(9)}")
    night.board.say(26, 80, f"and {token(10)}")
    later = night()
    assert night.held.state != state and night.fetched.fresh == read + 3  # one issue, and another one with a comment
    assert set(places(later)) - set(places(first)) == {
        ("notes", "issues/25", "25", "record.body"), ("notes", "issues/26", "26/80", "record.body"),
    }  # fmt: skip
    night.memory = {}
    assert night() == later, "what was carried over is what reading everything says"


@pytest.mark.parametrize("kind", ROOTS)
def test_what_is_gone_or_another_one_is_noticed(start: Start, kind: str) -> None:
    night = start(kind)
    filled(night)
    night()
    night.board.write(12, "nothing any more")
    row, path = night.board.asset(75, "app.zip", 4)
    night.forged.files[path] = b"none"
    night.board.releases.clear()
    night.board.release("v2", "fine", row)
    report = night()
    assert [place for place in places(report) if place[0] != "notes" or place[2] == "12"] == []
    assert not list((night.held.shelf.folder / "files").glob("*/run.log"))
    for there, key in ((night.board.talks, ("pulls", 13)), (night.board.said, ("pulls", 13)), (night.board.remarks, 13)):
        there.pop(key, None)
    assert [place for place in places(night(full=True)) if "/13" in place[1]] == []


def test_new_rules_alone_read_what_is_known_also_if_it_has_to_be_fetched_again(start: Start, tmp_path) -> None:
    night = start("gitea")
    filled(night)
    night.board.write(14, "it opens with door-" + grow("{hex:24}", 3).decode())
    first = night()
    (tmp_path / "door.yaml").write_text(DOOR)
    was = digests(night.own.rules)
    night.own = project(None, file=None, packs=(str(tmp_path / "door.yaml"),))
    fresh = earlier(Past(rules=was), night.own.rules).fresh
    for file in (night.held.shelf.folder / "files").glob("*/*"):
        file.unlink()
    night.asked()
    report = night(fresh=fresh)
    assert set(places(report)) - set(places(first)) == {("notes", "issues/14", "14", "record.body")}
    assert len([path for path in night.asked() if "download" in path]) == 3
    night.memory = {}
    assert night() == report


# -- what does not go well ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("status", [404, 410])
def test_what_is_turned_off_is_said_and_no_gap(start: Start, kind: str, status: int) -> None:
    night = start(kind)
    filled(night)
    night.board.off = {"releases": status, "issues": status}
    report = night()
    assert gaps(report) == [] and not [place for place in places(report) if place[1] == "issues/12"]
    assert report.notes == ("issues are turned off at the forge", "releases are turned off at the forge")
    if kind != "gitea":
        assert [place for place in places(report) if "/13" in place[1]], "changes are talked about all the same"


def test_what_the_forge_says_is_there_and_does_not_show_is_a_gap(start: Start) -> None:
    night = start("gitea", overrides={})
    night.source = type(night.source)(
        night.source.kind, night.source.url, type(night.source.one)("1", "acme/app", night.source.one.url, units=(("issues", True),)),
        night.source.wanted, night.source.token_env, night.source.insecure,
    )  # fmt: skip
    night.board.off = {"issues": 404}
    assert gaps(night()) == [("issues", "unreadable")]


@pytest.mark.parametrize("kind", ROOTS)
def test_half_a_list_is_a_gap_and_the_next_night_makes_up_for_it(start: Start, kind: str) -> None:
    night = start(kind, page=5)
    for number in range(1, 13):
        night.board.write(number, f"number {number} {token(number)}")
    night.forged.faults = ["ok", "ok", *["half"] * 2]
    report = night()
    assert gaps(report) == [("issues", "truncated")] and len(report.findings) == 5
    state = night.held.state
    report = night()
    assert (gaps(report), len(report.findings)) == ([], 12) and night.held.state != state


@pytest.mark.parametrize("kind", ["gitea", "gitlab"])
def test_a_list_that_is_shorter_than_the_forge_counts_is_a_gap(start: Start, kind: str) -> None:
    night = start(kind)
    night.forged.count = 3
    night.board.write(1, "x")
    assert ("issues", "truncated") in gaps(night())


def test_what_is_known_stays_when_the_forge_is_silent(start: Start) -> None:
    night = start("github")
    filled(night)
    before = places(night())
    night.forged.faults = ["500"] * 40
    report = night()
    assert places(report) == before and {reason for _, reason in gaps(report)} == {"tool-error"}


def test_no_more_is_fetched_than_is_wanted(start: Start) -> None:
    night = start("gitea")
    rows = []
    for id, (name, size) in enumerate((("large.bin", 5000), ("one.txt", 600), ("two.txt", 600), ("liar.txt", 10)), 1):
        row, path = night.board.asset(id, name, size)
        night.forged.files[path] = b"x" * (600 if name == "liar.txt" else size)
        rows.append(row)
    night.board.release("v1", "", *rows)
    night.want(largest=2000, most=1000)
    wanted = [("v1/large.bin", "archive-too-large"), ("v1/liar.txt", "archive-too-large"), ("v1/two.txt", "archive-too-large")]
    assert gaps(night()) == wanted
    assert not [path for path in night.asked() if path.endswith(("/1", "/3"))], "what is said to be too large is not asked for"
    kept = sum(file.stat().st_size for file in (night.held.shelf.folder / "files").glob("*/*"))
    assert kept == 600


def test_a_file_without_a_size_is_cut_off_where_it_is_too_large(start: Start) -> None:
    night = start("gitlab")
    row, path = night.board.asset(1, "large.bin", 0)
    night.forged.files[path] = b"x" * 5000
    night.board.release("v1", "", row)
    night.want(largest=2000)
    assert gaps(night()) == [("v1/large.bin", "archive-too-large")]
    assert not list((night.held.shelf.folder / "files").glob("*/*"))


def test_half_a_file_is_a_gap_until_it_comes_whole(start: Start) -> None:
    night = start("github")
    row, path = night.board.asset(1, "a.txt", 60)
    night.forged.files[path] = f"GH={token(3)}\n".encode().ljust(60)
    night.board.release("v1", "", row)
    night.forged.faults = [*["ok"] * 4, "half"]
    report = night()
    assert gaps(report)[0][0] == "v1/a.txt" and night.fetched.again
    night.forged.faults = []
    report = night()
    assert (gaps(report), len(report.findings)) == ([], 1)


def test_a_redirection_to_a_store_takes_no_token_along(start: Start) -> None:
    night = start("github")
    with forging(Forged("gitea", ())) as store:
        data = f"GH={token(3)}\n".encode()
        row, path = night.board.asset(1, "a.txt", len(data))
        store.files["/bucket/1"] = data
        night.forged.redirects[path] = f"{store.url}/bucket/1"
        night.board.release("v1", "", row)
        assert places(night()) == [("tree", "v1/a.txt", None, None)]
        assert store.seen == [("GET", "/bucket/1", "")]


@pytest.mark.parametrize(("kind", "where"), [
    ("gitea", "elsewhere"), ("gitea", "bad:port"), ("gitlab", "elsewhere"), ("gitlab", "bad:port"), ("gitlab", "/acme/other/-/x"),
    ("gitlab", "/api/v4/projects/2/packages/x"), ("gitlab", "/api/v4/projects/1/variables"), ("gitlab", "/acme/app/-/../../other/-/x"),
])  # fmt: skip
def test_a_file_that_is_kept_elsewhere_is_a_gap_and_nobody_is_asked(start: Start, kind: str, where: str) -> None:
    night = start(kind)
    with forging(Forged("gitea", ())) as other:
        row, _ = night.board.asset(1, "a.txt", 3)
        url = {"elsewhere": f"{other.url}/x", "bad:port": "http://127.0.0.1:99999999/x"}.get(where, f"{night.forged.url}{where}")
        night.board.release("v1", "", {**row, "url" if kind == "gitlab" else "browser_download_url": url})
        assert gaps(night()) == [("v1/a.txt", "unreadable")]
        assert other.seen == [] and not [path for path in night.asked() if path.endswith(("/x", "/variables"))]


@pytest.mark.parametrize("name", ["../../../evil.txt", "/etc/passwd", "a/../../b", ".leakseal", "\u202egnp.txt", "a\nb", "", "x" * 400])
def test_no_name_leads_out_of_the_folder(start: Start, tmp_path, name: str) -> None:
    night = start("github")
    data = f"GH={token(3)}\n".encode()
    row, path = night.board.asset(1, name, len(data))
    night.forged.files[path] = data
    night.board.release(f"../{name}", "", row)
    report = night()
    assert [surface for surface, *_ in places(report)] == ["tree"]
    assert all(path.isprintable() for _, path, *_ in places(report))
    inside = night.held.shelf.folder
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == {file for file in inside.rglob("*") if file.is_file()}


@pytest.mark.parametrize("wrong", [{"number": "../x"}, {"number": None}, {"number": -1}, {"number": True}, {"id": "x"}])
def test_an_entry_without_a_number_is_a_gap(start: Start, wrong: dict[str, object]) -> None:
    night = start("github")
    night.board.write(1, "x", **wrong)
    assert gaps(night()) == [("issues", "tool-error")]


@pytest.mark.parametrize("kind", ["gitea", "gitlab"])
def test_what_hangs_on_what_was_said_is_read_as_a_part_of_it(start: Start, kind: str) -> None:
    night = start(kind)
    data = packed(app_env=f"GH={token(3)}\n")
    if kind == "gitea":
        row, path = night.board.asset(5, "dump.zip", len(data))
        night.board.write(12, "see the file")
        night.board.say(12, 50, "here", assets=[row])
    else:
        secret = "0123456789abcdef" * 2
        path = f"/api/v4/projects/1/uploads/{secret}/dump.zip"
        night.board.write(12, "see the file")
        night.board.say(12, 50, f"here [dump](/uploads/{secret}/dump.zip) ![x](/uploads/{secret}/dump.zip)")
    night.forged.files[path] = data
    report = night()
    assert (places(report), gaps(report)) == ([("notes", "issues/12/dump.zip!app.env", "12/50", None)], [])
    del night.forged.files[path]
    assert places(night()) == places(report), "it is kept"


def test_reviews_leave_questions_for_others_and_are_made_up_for(start: Start) -> None:
    night = start("github", headers={"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "900"})
    filled(night)
    report = night()
    assert gaps(report) == [("pulls", "truncated")]
    night.forged.headers["X-RateLimit-Remaining"] = "4000"
    report = night()
    assert gaps(report) == [] and ("notes", "pulls/13", "13/60", "record.body") in places(report)


def test_a_comment_that_is_changed_or_gone_with_its_issue_touched(start: Start) -> None:
    night = start("github")
    night.board.write(12, "x")
    night.board.say(12, 50, f"try {token(3)}")
    assert len(night().findings) == 1
    night.board.said["issues", 12][0] |= {"body": "nothing", "updated_at": night.board.now()}
    assert night().findings == ()


@pytest.mark.parametrize("kind", ROOTS)
def test_a_full_night_lists_everything_anew_also_if_it_takes_two(start: Start, kind: str) -> None:
    night = start(kind)
    filled(night)
    night.board.say(12, 52, "nothing")
    before = night()
    night.forged.faults = [*["ok"] * 2, *["500"] * 9]
    assert gaps(night(full=True)) != []
    night.forged.faults = []
    assert night() == before
    night.board.said["issues", 12].pop()
    assert dict(night(full=True).coverage)["notes"].objects == dict(before.coverage)["notes"].objects - 1


def test_more_than_is_kept_of_one_text_is_a_gap_in_every_night(start: Start) -> None:
    night = start("gitea")
    night.board.write(12, f"see {token(1)}")
    for number in range(30):
        night.board.say(12, 50 + number, "long " * 40)
    night.want(largest=5000)
    report = night()
    assert (gaps(report), len(report.findings)) == ([("issues/12", "archive-too-large")], 1)
    assert gaps(night()) == gaps(report)


@pytest.mark.parametrize("kind", ROOTS)
def test_what_is_deleted_because_of_a_finding_is_noticed_in_the_next_night(start: Start, kind: str) -> None:
    night = start(kind)
    for number in (12, 13, 14):
        night.board.write(number, f"see {token(number)}" if number == 12 else "nothing")
    night.board.say(13, 50, f"try {token(3)}")
    night.board.say(13, 51, "nothing")
    assert len(night().findings) == 2
    del night.board.talks["issues", 12]
    del night.board.said["issues", 13][0]
    report = night()
    assert (report.findings, gaps(report)) == ((), [])
    assert dict(report.coverage)["notes"].objects == 3


def test_without_its_token_nothing_is_asked_and_what_is_known_stays(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    night = start("gitea")
    filled(night)
    before = places(night())
    night.asked()
    monkeypatch.delenv("FETCH_TOKEN")
    report = night()
    assert places(report) == before and [reason for _, reason in gaps(report)] == ["unreadable"] and night.asked() == []


def test_what_is_left_out_by_the_configuration_is_counted_and_not_fetched(start: Start) -> None:
    night = start("gitea")
    filled(night)
    night.excluded = lambda path: "no logs of ours" if path.endswith(".log") else None
    report = night()
    assert not [place for place in places(report) if place[0] == "logs"]
    assert dict(report.coverage)["logs"].skipped == 1
    assert not [path for path in night.asked() if path.endswith("/71")]

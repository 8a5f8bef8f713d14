"""Text as OCR gets it wrong: what is found all the same, and what must stay quiet."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.cli.options import rules
from scanner.config import Config
from scanner.detect.checks import CHECKS
from scanner.detect.checksums import crc_token
from scanner.detect.confusable import Edit, Reading, alike, proven
from scanner.detect.engine import Engine, engine
from scanner.detect.shape import shapes_of
from scanner.model.content import Span
from scanner.model.evidence import Hit
from scanner.pipeline.misread import misread_hits
from tests.gitrepo import token

ALIKE = {"O": "0", "0": "O", "l": "1", "I": "l", "1": "I", "5": "S", "S": "5", "8": "B", "B": "8"}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def word(seed: int, size: int, letters: str = LETTERS) -> str:
    pick = random.Random(seed)
    return "".join(pick.choice(letters) for _ in range(size))


@pytest.fixture(scope="module")
def easy() -> Engine:
    return engine(rules(Config()), None)


@pytest.fixture(scope="module")
def find(easy: Engine) -> Callable[..., list[tuple[str, str]]]:
    def found(text: str, *wraps: tuple[int, int]) -> list[tuple[str, str]]:
        hits = misread_hits(easy, text.encode(), tuple(Span(*wrap) for wrap in wraps))
        return [(hit.rule.id, hit.value.decode()) for hit in hits]

    return found


QUIET = [
    "$ git push origin main\nEverything up-to-date",
    "see http: //example.org/docs for more, and mail me @ the office",
    "the passw0rd is asked for when you log in",
    "Token: ${GITHUB_T0KEN}",
    "export GITHUB_T0KEN=ghp_" + "x" * 36,
    "AK1A is not a key, and neither is AKIA1234",
    "https: //user.example.org : 8080 / path @ 12",
    "ghp - the GitHub hosting project, 1999 to 2004",
    "sk live concert tonight at 20:00 in the old town hall of the city",
    "rn = 4\nm = rn * 2\ntoken = next(tokens)",
    "commit " + word(5, 40, "0123456789abcdef"),
    "SHA256: " + word(6, 64, "0123456789abcdef"),
]


@pytest.mark.parametrize("text", QUIET, ids=range(len(QUIET)))
def test_stays_quiet(find: Callable[..., list[tuple[str, str]]], text: str) -> None:
    assert find(text) == []
    assert find(text, *((at, at + 1) for at, letter in enumerate(text) if letter == "\n")) == []


def test_a_token_whose_letters_were_misread_is_found_with_the_value_that_its_checksum_proves(
    find: Callable[..., list[tuple[str, str]]],
) -> None:
    right = token(4)
    body = list(right)
    wrong = [at for at, letter in enumerate(body) if at > 4 and letter in ALIKE][:2]
    for at in wrong:
        body[at] = ALIKE[body[at]]
    assert wrong
    assert find(f"$ export GITHUB_T0KEN={''.join(body)}") == [("github-pat", right)]


@pytest.mark.parametrize("begin", ["qhp_", "ghp ", "ghp-", "9hp_"])
def test_a_token_whose_beginning_was_misread_is_found(find: Callable[..., list[tuple[str, str]]], begin: str) -> None:
    right = token(7)
    assert find(f"TOKEN: {begin}{right[4:]}") == [("github-pat", right)]


@pytest.mark.parametrize("places", [(20,), (9, 30), (7, 15, 33)])
def test_a_token_with_spaces_in_it_is_found(find: Callable[..., list[tuple[str, str]]], places: tuple[int, ...]) -> None:
    right = token(9)
    text = "".join(" " + letter if at in places else letter for at, letter in enumerate(right))
    assert find(f"remote: {text} accepted") == [("github-pat", right)]


def test_a_token_that_goes_on_in_the_next_line_is_found(find: Callable[..., list[tuple[str, str]]]) -> None:
    right = token(11)
    text = f"$ curl -H 'X-Key: {right[:17]}\n  {right[17:]}'"
    at = text.index("\n")
    assert find(text, (at, at + 3)) == [("github-pat", right)]
    assert ("github-pat", right) not in find(text)  # without a wrap, a line ends where it ends


def test_an_underscore_that_was_lost_in_a_token_is_put_back(find: Callable[..., list[tuple[str, str]]]) -> None:
    right = f"SG.{word(1, 10)}_{word(2, 11)}.{word(3, 20)}_{word(4, 22)}"
    assert find(f"key: {right.replace('_', ' ')} sent") == [("sendgrid-key", right)]


def test_a_letter_that_cannot_stand_there_is_read_as_the_one_that_can(find: Callable[..., list[tuple[str, str]]]) -> None:
    right = "AKIA" + word(3, 13, "ABCDEFGHIJKLMNPQRSTUVWXYZ234567") + "OIB"
    assert find(f"aws_access_key_id = {right.replace('O', '0').replace('AKIA', 'AK1A')[:-1]}8") == [("aws-access-key-id", right)]


def test_an_address_with_spaces_or_a_misread_scheme_is_found(find: Callable[..., list[tuple[str, str]]]) -> None:
    secret = word(1, 18)
    for text in (
        f"$ psql postgresql: //app:{secret}@db. example. internal :5432/app",
        f"$ psql postgresq1://app:{secret}@db.example.internal:5432/app",
        f"$ psql postgresql://app:{secret[:4]} {secret[4:]}@db.example.internal: 5432/app",
        f"$ psql postgresql:/app:{secret}@db.example.internal:5432/app",
    ):
        assert find(text) == [("postgres-dsn", secret)], text.replace(secret, "…")


def test_a_misread_keyword_is_put_right(find: Callable[..., list[tuple[str, str]]]) -> None:
    secret = word(2, 20)
    ((_, value),) = find(f"DB_PASSW0RD={secret}")
    assert value == secret


def test_a_token_that_no_reading_proves_is_told_with_less_confidence(easy: Engine) -> None:
    right = token(13)
    wrong = right[:10] + "".join("x" if letter != "x" else "y" for letter in right[10:20]) + right[20:]
    wrong = wrong[:10] + word(8, 10) + wrong[20:]
    (hit,) = misread_hits(easy, f"token {wrong}".encode(), ())
    assert hit.rule.id == "github-pat" and hit.confidence < 0.6


def test_what_no_other_reading_is_needed_for_is_found_as_in_text(easy: Engine, find: Callable[..., list[tuple[str, str]]]) -> None:
    text = f"API_KEY={token(21)} and postgresql://a:{word(4, 16)}@db.internal/x"
    assert find(text) == [(hit.rule.id, hit.value.decode()) for hit in easy.find(text.encode())]


def test_spans_map_back_into_the_text(easy: Engine) -> None:
    right = token(15)
    text = f"one two\nkey: {right[:12]} {right[12:]} end".encode()
    (hit,) = misread_hits(easy, text, ())
    assert text[hit.span.start : hit.span.end] == f"{right[:12]} {right[12:]}".encode()
    assert isinstance(hit, Hit) and hit.value == right.encode()


@given(st.binary(min_size=1, max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 4), st.binary(max_size=3)), max_size=5))
@settings(max_examples=60)
def test_every_span_of_a_reading_lies_in_the_text(text: bytes, asked: list[tuple[int, int, bytes]]) -> None:
    edits: list[Edit] = []
    for start, size, now in sorted(asked):
        if start + size <= len(text) and (not edits or start >= edits[-1].end):
            edits.append(Edit(start, start + size, now))
    reading = Reading(text, edits)
    for start in range(len(reading.data) + 1):
        for end in range(start, len(reading.data) + 1):
            back = reading.back(Span(start, end))
            assert 0 <= back.start <= back.end <= len(text)
    if not edits:
        assert reading.data == text and reading.back(Span(0, len(text))) == Span(0, len(text))


def test_readings_are_bounded_and_begin_with_the_value_itself() -> None:
    value = ("Il1O0S5B8" * 50).encode()
    assert next(alike(value)) == value
    assert proven(CHECKS["github-crc32"], value, "") is None


@pytest.mark.parametrize("seed", range(4))
def test_the_reading_with_the_fewest_changes_is_taken(seed: int) -> None:
    right = token(seed + 30).encode()
    assert crc_token(right)
    assert proven(CHECKS["github-crc32"], right, "") == right


@pytest.mark.parametrize(
    ("anchor", "heads"),
    [
        ("ghp_[0-9A-Za-z]{36}", [b"ghp_"]),
        ("(?:AKIA|ASIA)[A-Z2-7]{16}", [b"AKIA", b"ASIA"]),
        ("(?i)github_token", []),
        ("[a-f0-9]{64}", []),
        ("sk-[a-z]{12}", []),
        (r"SG\.[\w-]{22}\.[\w-]{43}", [b"SG."]),
        ("xox[bp]-[0-9]{10,12}-", []),
    ],
)
def test_an_anchor_says_how_its_tokens_begin(anchor: str, heads: list[bytes]) -> None:
    assert [shape.head for shape in shapes_of(anchor)] == heads

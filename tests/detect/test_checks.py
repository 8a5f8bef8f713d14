"""Each check keeps what looks real and turns away what does not; no bytes make one raise."""

from __future__ import annotations

import base64
import random
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.candidate import Candidate
from scanner.detect.checks import CHECKS, flaw
from scanner.detect.checksums import aws_account, base36, base62
from scanner.detect.words import entropy, runs, strength
from scanner.model.content import Span
from scanner.rulepack.sample import grow
from tests.effort import costs_at_most

ARGUMENTS = {
    "entropy": "3.0", "min-digits": "2", "strength": "40", "base64-prefix": "user:", "base64-json": "auths", "unless": "^ab+",
    "unless-line": "^ab+", "unless-match": "^ab+",
}  # fmt: skip


def candidate(value: bytes, before: bytes = b"key = ") -> Candidate:
    span = Span(len(before), len(before) + len(value))
    return Candidate(before + value + b"\n", span, span, {"secret": value})


def passes(check: str, value: str | bytes) -> bool:
    name, _, argument = check.partition(":")
    return CHECKS[name](candidate(value.encode() if isinstance(value, str) else value), argument)


def drawn(letters: str, size: int, count: int) -> list[bytes]:
    rng = random.Random(f"{letters}{size}")
    return ["".join(rng.choice(letters) for _ in range(size)).encode() for _ in range(count)]


_PLACEHOLDERS = (
    "xxxxxxxx|********|----------|changeme|change-me-please|CHANGE_ME|your-password|your_api_key_here|yourpassword|<password>|<your token>"
    "|${DB_PASSWORD}|${{ secrets.TOKEN }}|{{ vault.password }}|{{.Values.pw}}|{password}|%s|%(password)s|%DB_PASS%|@DB_PASS@|$(cat pw)"
    "|$DB_PASSWORD|#{ENV['X']}|<%= pw %>|ENC[AES256_GCM,data:abc]|1234567890|12345678|87654321|abcdefgh|aaaaaaaaaaaa|qwertyuiop|qwerty123"
    "|asdfasdf|1q2w3e4r|null|None|true|undefined|test|test123|Test1234!|password|password123|mysecret|my-secret-token|dummy-value|example"
    "|AKIAIOSFODNN7EXAMPLE|0123456789abcdef0123456789abcdef|[REDACTED]|REDACTED|[masked]|foobar|secret|s3cr3t|P@ssw0rd|insert-token-here"
    "|abcabcabcabc|!vault|placeholder|00000000000000000000|•••••|...|#{password}|deadbeefdeadbeef|sk-your-api-key|TODO|fake-token-1234"
    "|vault:secret/data/x|op://vault/item/field|xoxb-...|ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|"
)
PLACEHOLDERS = _PLACEHOLDERS.split("|")
_KEPT = (
    "Sommer2024!|hunter2|Kx9!1234|correct-horse-battery-staple|postgres|admin|Gu7%kP2q|example-prod-9f8a7d6e5c4b3a2d|$ecret!Horse7"
    "|test_9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c|Tr0ub4dor&3|MyDogRex2019|Berlin#1989|x7mQ2pLk|pa55Word!Zebra|kubernetes|trustno1|Winter}}9z"
)
KEPT = _KEPT.split("|")
_NAMES = (
    "password|dbPassword|db_password|DB_PASSWORD|config.password|settings.DATABASE_PASSWORD|os.environ['X']|getPassword()|get_secret(name)"
    "|process.env.DB_PASSWORD|String|Optional[str]|List<String>|/run/secrets/db_password|./certs/tls.key|https://example.org/login"
    '|apps-db-credentials|self.password|$this->password|request.form["x"]|SecretStr|secretKeyRef|MAX_TOKENS|userRepository.findByName'
    "|options?.token|Auth::token|utf8.decode|base64.b64encode(x)|*pointer|&reference|"
)
NAMES = _NAMES.split("|")
_NO_NAMES = (
    "Sommer2024!|hunter2|kQzWbTeRpLmNxKjH|correct-horse-battery-staple|x7mQ2pLk|aB(9x$k2|xkqzvbtrplmw|Gu7%kP2q|ghp_abc123DEF456"
    "|https://user:pw@example.org/|p4ssw0rd|zxcvQWER"
)
NO_NAMES = _NO_NAMES.split("|")


@pytest.mark.parametrize("number", range(len(PLACEHOLDERS)))
def test_a_placeholder_is_turned_away(number: int) -> None:
    assert not passes("not-placeholder", PLACEHOLDERS[number]), PLACEHOLDERS[number]


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_what_could_be_real_is_no_placeholder(number: int) -> None:
    assert passes("not-placeholder", KEPT[number]), KEPT[number]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_name_is_turned_away(number: int) -> None:
    assert not passes("not-identifier", NAMES[number]), NAMES[number]


@pytest.mark.parametrize("number", range(len(NO_NAMES)))
def test_what_could_be_real_is_no_name(number: int) -> None:
    assert passes("not-identifier", NO_NAMES[number]), NO_NAMES[number]


LETTERS = string.ascii_letters + string.digits
RANDOM = [(LETTERS, 20), (LETTERS, 40), ("0123456789abcdef", 32), (LETTERS + "+/", 88), (LETTERS + "!#%&*+-.=?^_~", 16)]


@pytest.mark.parametrize(("letters", "size"), RANDOM, ids=[str(size) for _, size in RANDOM])
def test_random_values_pass_everything_that_judges_looks(letters: str, size: int) -> None:
    values = drawn(letters, size, 2000)
    for check, lost in (("not-placeholder", 2), ("not-identifier", 6), ("strength:50", 0), ("entropy:2.5", 1)):
        assert sum(not passes(check, value) for value in values) <= lost, check


@pytest.mark.parametrize(("check", "no", "yes"), [
    ("entropy:3.0", ["", "aaaaaaaa", "abababab"], ["a8F3kQ9z"]),
    ("mixed", ["", "abcdef", "123456", "!?-"], ["a1", "1-Z"]),
    ("min-digits:3", ["", "ab12", "abc"], ["a1b2c3", "123"]),
    ("not-uuid", ["123e4567-e89b-12d3-a456-426614174000", "{123E4567-E89B-12D3-A456-426614174000}"],
     ["", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"]),
    ("not-hex", ["deadbeef", "0xC0FFEE", "1234"], ["", "deadbeeg", "0x"]),
    ("strength:40", ["", "password", "aaaaaaaaaaaaaaaaaaaaaaaa", "1234567890", "hunter2", "international"],
     ["x7mQ2pLk", "Tr0ub4dor&3", "correct-horse-battery-staple"]),
    ("luhn", ["", "4111111111111112", "0000000000000000", "411111", "4111 1111 1111 111x"], ["4111 1111 1111 1111", "5500-0000-0000-0004"]),
    ("base64-prefix:user:", ["", "user:pw", "dXNlcg==", "dXNlcjpwdw=!", "====", "a"], ["dXNlcjpwdw==", "dXNlcjpwdw", "dXNl\ncjpwdw==\n"]),
    ("base64-json:auths", ["", "e30=", "eyJhdXRo", "W10=", "bnVsbA=="], [base64.b64encode(b'{"auths": {}}').decode()]),
    ("jwt", ["", "a.b.c", "e30.e30.x", "eyJhbGciOjF9.e30.", "eyJhbGciOiJub25lIn0", "..", "....", "W10.e30.x"],
     ["eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30.x.y.z"]),
    ("detect-secrets", ["", "${token}", "<token>", "$token", "0123456789"], ["k8Fq29xZLpWm4"]),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_a_check_tells_the_two_apart(check: str, no: list[str], yes: list[str]) -> None:
    assert [value for value in no if passes(check, value)] == []
    assert [value for value in yes if not passes(check, value)] == []


def test_detect_secrets_looks_at_the_line_for_an_indirect_reference() -> None:
    assert CHECKS["detect-secrets"](candidate(b"k8Fq29xZLpWm4", b"secret = '"), "")
    assert not CHECKS["detect-secrets"](candidate(b"get_secret_key()", b"secret = "), "")


@pytest.mark.parametrize("shape", ["{github-token:ghp_}", "{github-token:ghs_}", "{npm-token}"])
def test_a_token_with_its_checksum_passes_and_with_another_character_does_not(shape: str) -> None:
    for seed in range(20):
        token = grow(shape, seed)
        assert passes("github-crc32", token)
        assert passes("npm-crc32", token)
        at = 4 + seed
        assert not passes("github-crc32", token[:at] + (b"a" if token[at : at + 1] != b"a" else b"b") + token[at + 1 :])


@pytest.mark.parametrize("value", ["", "ghp_", "ghp_0000", "ghp", "_"])
def test_what_is_no_token_has_no_checksum(value: str) -> None:
    assert not passes("github-crc32", value)


def test_base36_has_digits_then_small_letters() -> None:
    assert [base36(number, 2) for number in (0, 9, 10, 35, 36)] == ["00", "09", "0a", "0z", "10"]


def test_base62_has_digits_then_capitals_then_small_letters() -> None:
    assert [base62(number, 2) for number in (0, 9, 10, 35, 36, 61, 62)] == ["00", "09", "0A", "0Z", "0a", "0z", "10"]


@pytest.mark.parametrize("tail", ["", "A" * 15, "A" * 17, "a" * 16, "0" * 16, "1" * 16, "7" * 16, "A" * 15 + "="])
def test_no_aws_key_id(tail: str) -> None:
    assert aws_account(f"AKIA{tail}".encode()) is None


def test_aws_key_ids_of_the_newer_format_hold_an_account() -> None:
    for account in (0, 7, 123456789012, 10**12 - 1):
        number = 1 << 79 | account << 39 | 12345
        key = "AKIA" + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[number >> 5 * place & 31] for place in range(15, -1, -1))
        assert aws_account(key.encode()) == f"{account:012}"
    assert all(aws_account(grow("{aws-key-id}", seed)) for seed in range(50))
    assert aws_account(b"AKIA" + b"IBCD" * 4) == ""


@pytest.mark.parametrize(
    ("check", "line", "kept"),
    [
        ("unless:^ab", "key = xab", True), ("unless:^ab", "key = abx", False), ("unless:(?i)AB", "key = xab", False),
        ("unless:key", "key = ab", True), ("unless-line:key", "key = ab", False), ("unless-line:^key = ab$", "key = ab", False),
        ("unless-line:other", "key = ab", True), ("unless-match:key", "key = ab", True), ("unless-match:ab", "key = ab", False),
    ],
)  # fmt: skip
def test_what_a_pattern_finds_is_passed_over(check: str, line: str, kept: bool) -> None:
    name, _, argument = check.partition(":")
    head = "key = "
    assert CHECKS[name](candidate(line.removeprefix(head).encode(), head.encode()), argument) == kept


FLAWED = [
    "unless", "unless:", "unless:(", "unless-line:(?=a)",
    "nonsense", "entropy", "entropy:", "entropy:high", "entropy:9", "min-digits:-1", "mixed:3", "base64-prefix:",
]  # fmt: skip


@pytest.mark.parametrize("check", FLAWED)
def test_a_wrong_argument_is_a_flaw(check: str) -> None:
    assert flaw(check)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_arguments_of_these_tests_have_no_flaw(name: str) -> None:
    assert flaw(f"{name}:{ARGUMENTS[name]}" if name in ARGUMENTS else name) is None


HOSTILE = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="aAx09._-$({[<%*=/+ é\n", max_size=80).map(lambda text: text.encode("latin-1")),
    st.builds(lambda piece, times: (piece * times)[:100_000], st.binary(min_size=1, max_size=6), st.integers(1, 20_000)),
)


@pytest.mark.parametrize("name", sorted(CHECKS))
@given(value=HOSTILE, before=st.binary(max_size=20))
def test_no_bytes_make_a_check_raise(name: str, value: bytes, before: bytes) -> None:
    assert CHECKS[name](candidate(value, before), ARGUMENTS.get(name, "")) in (True, False)


@given(st.text(alphabet="abc123qwe", max_size=40))
def test_runs_are_apart_in_order_and_long_enough(text: str) -> None:
    end = 0
    for start, stop in runs(text):
        assert end <= start <= stop - 3
        end = stop
    assert end <= len(text)
    if re.search("abc|123|qwe|aaa", text):
        assert runs(text)


@pytest.mark.parametrize(("text", "found"), [
    ("", []), ("ab", []), ("x1234", ["1234"]), ("abcd4321", ["abcd", "4321"]), ("zaaa", ["aaa"]), ("a1q2w3e", ["1q2w3e"]), ("135", []),
])  # fmt: skip
def test_runs(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in runs(text)] == found


@given(st.binary(max_size=200))
def test_entropy_and_strength_are_within_bounds(value: bytes) -> None:
    assert -1e-9 <= entropy(value) <= 8
    assert -1e-9 <= strength(value) <= 8 * len(value)


@pytest.mark.parametrize("name", sorted(CHECKS))
@pytest.mark.parametrize("piece", [b" ", b"a", b"=", b"a.", b"((", b"{{a", b"a->", b"/", b"[a", b"<a", b"1q", b"your-", b"%(a"], ids=repr)
def test_a_quarter_of_a_megabyte_costs_a_bounded_number_of_looks_at_each_byte(name: str, piece: bytes) -> None:
    one = candidate((piece * (250_000 // len(piece)))[:250_000] + b"!")
    assert costs_at_most(400 * 250_000, lambda: CHECKS[name](one, ARGUMENTS.get(name, "")))

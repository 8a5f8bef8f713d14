"""The examples of vendors' documentation are reported as such and are not open; what only resembles one is open."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from scanner import examples, shipped
from scanner.cli import main
from scanner.cli.options import named
from scanner.detect.engine import Engine, engine
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow

# Public values, in parts all the same: nothing here is to look like a secret.
JWT = ".".join(("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ",
                "SflKxwRJSMeKKF2QT4fwpMeJf36" + "POk6yJV_adQssw5c"))  # fmt: skip
RFC_7515 = ".".join(("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
                     "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
                     "dBjftJeZ4CVP-mB92K27uhb" + "UJU1p1r_wW1gFWFOEjXk"))  # fmt: skip
FOUND = {
    "aws-access-key-id": "aws_access_key_id = AKIA" + "IOSFODNN7" + "EXAMPLE",
    "aws-secret-access-key": "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCY" + "EXAMPLEKEY",
    "github-oauth-token": "access_token=gho_" + "16C7e42F292c6912" + "E7710c838347Ae178B4a",
    "github-refresh-token": "refresh_token=ghr_1B4a2e77838347a7E420ce178F2E7c6912E" + "169246c34E1ccbF66C46812d16D5B1A9Dc86A1498",
    "jwt": f"token: {JWT}",
    "http-bearer-token": f"Authorization: Bearer {RFC_7515}",
    "private-key-jwk": '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr' + '_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}',
    "wallet-mnemonic": "MNEMONIC=" + " ".join(("candy maple cake sugar pudding cream honey", "rich smooth crumble sweet treat")),
    "ethereum-private-key": "DEPLOYER_PRIVATE_KEY=0xac0974bec39a17e36ba4a6b4d238ff94" + "4bacb478cbed5efcae784d7bf4f2ff80",
    "things-network-key": "NNSXS.U4H3ZFFCMSR42BUAZPW2UWGFBV4WCNI5EXDJXDY.SHI" + "F3PP5PBMJNZESN5XLR5TZJTJUIGKVUTM2I22IVBUVCD6VIQIA",
    "wireguard-private-key": "PrivateKey = yAnz5TF+lXXJte14tji3" + "zlMNq+hd2rYUIgJBgB3fBmk=",
}


@cache
def searcher() -> Engine:
    return engine(load([shipped.shipped("rules")], known=named()), None)


@pytest.mark.parametrize("value", ["", "secret", "AKIA" + "IOSFODNN7" + "EXAMPLF", "opensesame", "password", "x" * 99_999])
def test_what_anybody_could_have_chosen_is_no_example(value: str) -> None:
    assert not examples.known(value.encode())


@pytest.mark.parametrize("rule", FOUND)
def test_an_example_is_found_in_spite_of_what_its_rule_asks(rule: str) -> None:
    found = searcher().find(FOUND[rule].encode())
    assert [(hit.rule.id, examples.known(hit.value)) for hit in found if hit.rule.id in (rule, "jwt")] != []
    assert all(examples.known(hit.value) for hit in found)


def test_the_list_holds_digests_and_says_whose_they_are() -> None:
    text = (shipped.shipped("rules") / examples.FILE).read_text("ascii")
    blocks = [block.splitlines() for block in text.split("\n\n")[1:]]
    digests = [line for block in blocks for line in block[1:]]
    assert all(re.fullmatch(r"# [^:]+(?:: .+)?", block[0]) and len(block) > 1 for block in blocks)
    assert all(re.fullmatch("[0-9a-f]{64}", line) for line in digests)
    assert len(set(digests)) == len(digests) > 100


def test_a_scan_of_examples_is_clean_and_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "setup.md").write_text("\n\n".join(FOUND.values()) + "\n")
    assert main(["scan", "--format", "json", str(tmp_path)]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {(f["disposition"], f["severity"]) for f in findings} == {("example", "low")}
    assert len(findings) == len(FOUND) - 1  # AWS's id and its secret are one
    assert main(["scan", str(tmp_path)]) == 0
    assert f"EXAMPLES  {len(findings)}  of vendors' documentation" in capsys.readouterr().out
    (tmp_path / "real.env").write_bytes(grow("AWS_SECRET_ACCESS_KEY={base64:39}7\n", 1))
    assert main(["scan", str(tmp_path)]) == 1
    assert "1 open finding" in capsys.readouterr().out


def test_an_example_that_is_allowed_where_it_stands_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = FOUND["aws-access-key-id"]
    (tmp_path / "a.env").write_text(f"{line}  # leakseal: allow * from the manual of the vendor\n")
    assert main(["scan", "--format", "json", str(tmp_path)]) == 0
    assert [f["disposition"] for f in json.loads(capsys.readouterr().out)["findings"]] == ["accepted"]

"""Wheels, source distributions and npm packages as pip, hatchling and npm make them; digests, metadata, versions, and source binding."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.artifact.conftest import Released, digest_of, looked, told, trusting
from tests.artifact.keys import Key
from tests.decode.makers import out
from tests.gitrepo import token

Kind = str


@pytest.mark.parametrize("kind", ["wheel", "sdist", "npm"])
def test_every_file_of_an_honest_package_is_from_the_commit_or_known_packaging(released: Released, kind: Kind) -> None:
    found = looked(getattr(released, kind), source=released.source, tag="v1.4.2", version="1.4.2", commit=released.commit)
    assert found.failed == {}
    assert found.held == {"content", "metadata", "version", "binding"}
    assert (found.said["artifact"]["kind"], found.said["artifact"]["version"]) == (kind, "1.4.2")
    counts = found.said["binding"]["counts"]
    assert counts["source"] + counts["empty"] + counts["generated"] == sum(counts.values())
    assert counts["source"] >= 2


def test_the_same_package_makes_the_same_bytes(released: Released) -> None:
    words = ("--source", released.source, "--version", "1.4.2")
    one, two = (told(released.wheel, *words) for _ in range(2))
    assert one.code == 0, one.failed
    assert one.held >= {"secrets", "coverage", "binding"}
    assert {**one.said, "run": None} == {**two.said, "run": None}
    assert "run" not in one.said["scan"]


# -- digests ------------------------------------------------------------------------------------------------------------------


def test_every_place_that_names_it_names_its_digest(released: Released, tmp_path: Path) -> None:
    name, digest = released.wheel.name, digest_of(released.wheel)
    sums = out("sha256sum", released.wheel.name, released.sdist.name, cwd=released.wheel.parent)
    (tmp_path / "SHA256SUMS").write_bytes(sums)
    (tmp_path / "SHA512SUMS").write_bytes(out("sha512sum", "--tag", released.wheel, cwd=tmp_path))
    (tmp_path / "requirements.txt").write_text(f"other==1\nshop_app==1.4.2 \\\n  --hash={digest} \\\n  --hash=sha256:{'a' * 64}\n")
    (tmp_path / "uv.lock").write_text(f'wheels = [\n  {{ url = "https://x/{name}", hash = "{digest}", size = 1 }},\n]\n')
    pipfile = {"default": {"shop-app": {"hashes": [digest, "sha256:" + "a" * 64], "version": "==1.4.2"}}}
    (tmp_path / "Pipfile.lock").write_text(json.dumps(pipfile))
    files = [str(tmp_path / one) for one in ("requirements.txt", "uv.lock", "Pipfile.lock")]
    sums_files = (str(tmp_path / "SHA256SUMS"), str(tmp_path / "SHA512SUMS"))
    found = looked(released.wheel, expect=(digest,), sums=sums_files, locks=tuple(files))
    assert (found.failed, "expected" in found.held) == ({}, True)


def test_an_npm_lock_names_it_by_its_integrity(released: Released, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    out("npm", "install", "--package-lock-only", "--offline", "--silent", f"--cache={tmp_path / 'cache'}", released.npm, cwd=app)
    assert looked(released.npm, locks=(str(app / "package-lock.json"),)).held >= {"expected"}
    text = (app / "package-lock.json").read_text()
    at = text.index("sha512-") + 7
    (app / "package-lock.json").write_text(text[:at] + ("b" if text[at] == "a" else "a") + text[at + 1 :])
    found = looked(released.npm, locks=(str(app / "package-lock.json"),))
    assert (found.code, "names another digest" in found.failed["expected"]) == (4, True)


PLACES = [
    ("SHA256SUMS", "{zeros}  {name}\n", "names another digest"),
    ("SHA256SUMS", "{digest}  {name}\n{zeros}  ./{name}\n", "names another digest"),
    ("SHA256SUMS", "{digest}  other.whl\n", "does not name it"),
    ("MD5SUMS", "d41d8cd98f00b204e9800998ecf8427e  {name}\n", "does not name it"),
    ("requirements.txt", "shop-app==1.4.2 --hash=sha256:{zeros}\n", "names another digest"),
    ("requirements.txt", "shop-app==1.4.1 --hash=sha256:{digest}\n", "does not name it"),
]


@pytest.mark.parametrize(("file", "text", "sentence"), PLACES)
def test_a_place_that_names_another_digest_is_not_believed(
    released: Released, tmp_path: Path, file: str, text: str, sentence: str
) -> None:
    words = {"digest": digest_of(released.wheel).partition(":")[2], "zeros": "0" * 64, "name": released.wheel.name}
    (tmp_path / file).write_text(text.format(**words))
    key = "sums" if file.endswith("SUMS") else "locks"
    found = looked(released.wheel, **{key: (str(tmp_path / file),)})
    assert found.code == 4
    assert sentence in found.failed["expected"]


# -- what a package says of itself ------------------------------------------------------------------------------------------------


def rezipped(wheel: Path, at: Path, change: Callable[[dict[str, bytes]], None], twice: str | None = None) -> Path:
    """The wheel with other members."""
    with zipfile.ZipFile(wheel) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(at / wheel.name, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(zipfile.ZipInfo(name), data)
        if twice:
            with pytest.warns(UserWarning, match="Duplicate"):
                made.writestr(zipfile.ZipInfo(twice), b"raise SystemExit\n")
    return at / wheel.name


INFO = "shop_app-1.4.2.dist-info/"
WHEELS: list[tuple[Callable[[dict[str, bytes]], Any], str]] = [
    (lambda m: m.update({"shop/__init__.py": b"evil = 1\n"}), "is not what its RECORD says"),
    (lambda m: m.update({"shop/evil.py": b"evil = 1\n"}), "files are in it that its RECORD does not list"),
    (lambda m: m.pop("shop/empty.py"), "lists 1 files that are not in it"),
    (lambda m: m.pop(INFO + "RECORD"), "has no RECORD"),
    (lambda m: m.pop(INFO + "METADATA"), "has no metadata"),
    (lambda m: m.update({INFO + "METADATA": m[INFO + "METADATA"].replace(b"Version: 1.4.2", b"Version: 1.4.3")}), "and its metadata say"),
    (lambda m: m.update({INFO + "METADATA": b"Name: other\n" + m[INFO + "METADATA"]}), "do not say name and version once"),
    (lambda m: m.update({"../../evil.py": b""}), "names that lead out"),
    (lambda m: m.update({"other-1.dist-info/METADATA": b"Name: other\nVersion: 1\n"}), "more than one set of metadata"),
]


@pytest.mark.parametrize(("change", "sentence"), WHEELS, ids=[row[1] for row in WHEELS])
def test_a_wheel_that_does_not_say_what_it_is_is_not_believed(
    released: Released, tmp_path: Path, change: Callable[[dict[str, bytes]], None], sentence: str
) -> None:
    found = looked(rezipped(released.wheel, tmp_path, change))
    assert found.code == 4
    assert sentence in found.failed["metadata"]


def test_a_wheel_with_a_name_twice_is_not_believed(released: Released, tmp_path: Path) -> None:
    found = looked(rezipped(released.wheel, tmp_path, lambda members: None, twice="shop/__init__.py"))
    assert "only one of two contents is installed" in found.failed["metadata"]


VERSIONS: list[tuple[dict[str, str], int, str]] = [
    ({"version": "1.4.2"}, 0, ""), ({"version": "v1.4.2"}, 0, ""), ({"tag": "v1.4.2"}, 0, ""), ({"tag": "shop-app-1.4.2"}, 0, ""),
    ({"tag": "shop/v1.4.2"}, 0, ""), ({"version": "1.4.20"}, 4, "and 1.4.20 is expected"), ({"tag": "v1.4.3"}, 4, "and the tag is v1.4.3"),
    ({"tag": "v11.4.2"}, 4, "and the tag is v11.4.2"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "code", "sentence"), VERSIONS)
def test_version_and_tag_agree(released: Released, asked: dict[str, str], code: int, sentence: str) -> None:
    for path in (released.wheel, released.npm):
        found = looked(path, **asked)
        assert (found.code, sentence in found.failed.get("version", "")) == (code, True)


def test_a_tag_must_stand_for_the_commit(released: Released) -> None:
    first = released.repo.git("rev-parse", "HEAD")
    assert looked(released.wheel, tag="v1.4.2", source=f"{released.repo.path}@{first}").failed == {}
    found = looked(released.wheel, tag="1.4.2", source=f"{released.repo.path}@{first}")
    assert (found.code, "does not stand for commit" in found.failed["version"]) == (4, True)


# -- source binding -----------------------------------------------------------------------------------------------------------------


def test_a_file_that_came_from_nowhere_is_named_and_counted(released: Released, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["shop/evil.py"] = b"import os\n"
        members["sitecustomize.py"] = members["shop/data/rates.txt"]

    wheel = rezipped(released.wheel, tmp_path, change)
    found = looked(wheel, source=released.source)
    assert found.code == 4
    assert found.failed["binding"] == f"1 files are not from commit {released.commit}, and 1 have another name there"
    assert (found.said["binding"]["nowhere"], found.said["binding"]["renamed"]) == (["shop/evil.py"], ["sitecustomize.py"])
    assert "binding" in looked(wheel, source=released.source, nowhere_most=2).held
    assert "binding" in looked(wheel, source=released.source, declared=("shop/ev*", "site*.py")).held


def test_a_package_of_another_commit_is_not_from_this_one(released: Released, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "-q", str(released.repo.path), str(copy)], check=True)
    (copy / "src/shop/__init__.py").write_text("def main():\n    return 1\n")
    subprocess.run(["git", "-C", str(copy), "commit", "-qam", "Other"], check=True)
    found = looked(released.wheel, source=str(copy))
    assert (found.code, found.said["binding"]["nowhere"]) == (4, ["shop/__init__.py"])
    with pytest.raises(Exception, match="another than the one that is expected"):
        looked(released.wheel, source=str(copy), commit=released.commit)
    assert told(released.wheel, "--source", f"{copy}@--output=x").code == 2
    assert told(released.wheel, "--source", f"{copy}@nothing").code == 2


def test_compiled_python_is_the_packagings_only_beside_its_source(released: Released, tmp_path: Path) -> None:
    script = "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2])"
    source = released.repo.path / "src/shop/__init__.py"
    out(sys.executable, "-c", script, source, tmp_path / "made.pyc")
    code = (tmp_path / "made.pyc").read_bytes()

    def change(members: dict[str, bytes]) -> None:
        members["shop/__pycache__/__init__.cpython-311.pyc"] = code
        members["shop/__pycache__/other.cpython-311.pyc"] = code
        members["shop/__init__.pyc"] = code
        members["shop/__pycache__/empty.cpython-311.pyc"] = code

    found = looked(rezipped(released.wheel, tmp_path, change), source=released.source)
    assert found.said["binding"]["counts"]["bytecode"] == 1
    assert found.said["binding"]["nowhere"] == [
        "shop/__init__.pyc", "shop/__pycache__/empty.cpython-311.pyc", "shop/__pycache__/other.cpython-311.pyc",
    ]  # fmt: skip

    def only(members: dict[str, bytes]) -> None:
        members["shop/__pycache__/__init__.cpython-311.pyc"] = code

    (tmp_path / "only").mkdir()
    wheel = rezipped(released.wheel, tmp_path / "only", only)
    found = looked(wheel, source=released.source)
    assert found.failed["binding"] == "1 files of compiled Python cannot be compared with their sources"
    assert "binding" in looked(wheel, source=released.source, declared=("*.pyc",)).held


def test_links_devices_and_other_line_ends_in_a_tar(make_repo: Callable[..., Any], tmp_path: Path) -> None:
    repo = make_repo()
    repo.write({"a.txt": "one\ntwo\n", "dir/b.bin": b"\0" * (3 << 20)})
    (repo.path / "link").symlink_to("a.txt")
    repo.git("add", ".")
    repo.git("commit", "-qm", "One")

    def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, io.BytesIO]:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(data), kind, link
        return info, io.BytesIO(data)

    with tarfile.open(tmp_path / "app.tar.gz", "w:gz") as made:
        for info, data in (
            member("app/a.txt", b"one\r\ntwo\r\n"), member("app/dir/b.bin", b"\0" * (3 << 20)), member("app/dir/c.bin", b"\1" * (3 << 20)),
            member("app/link", kind=tarfile.SYMTYPE, link="a.txt"), member("app/evil", kind=tarfile.SYMTYPE, link="/etc/shadow"),
            member("app/null", kind=tarfile.CHRTYPE), member("app/hard", kind=tarfile.LNKTYPE, link="app/a.txt"),
            member("app/dir", kind=tarfile.DIRTYPE),
        ):  # fmt: skip
            made.addfile(info, data)
    found = looked(tmp_path / "app.tar.gz", source=str(repo.path))
    assert found.said["binding"]["counts"]["source"] == 3
    assert found.said["binding"]["nowhere"] == ["app/dir/c.bin", "app/evil", "app/hard", "app/null"]
    assert looked(repo.path / "a.txt", source=str(repo.path)).said["binding"]["counts"]["source"] == 1


def test_what_lfs_keeps_elsewhere_is_the_commits(make_repo: Callable[..., Any], tmp_path: Path) -> None:
    repo, data = make_repo(), b"large\n" * 1000
    (tmp_path / "big.bin").write_bytes(data)
    oid = digest_of(tmp_path / "big.bin").removeprefix("sha256:")
    repo.commit({"assets/big.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"})
    assert "binding" in looked(tmp_path / "big.bin", source=str(repo.path)).held


# -- signatures of files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["der", "base64", "bundle"])
def test_a_detached_signature_is_believed_by_key(released: Released, builder: Key, stranger: Key, tmp_path: Path, form: str) -> None:
    import base64

    def written(key: Key, data: bytes) -> tuple[str]:
        raw = key.sign(data)
        text = base64.b64encode(raw)
        message = {"messageSignature": {"messageDigest": {"algorithm": "SHA2_256"}, "signature": text.decode()}}
        (tmp_path / "it.sig").write_bytes({"der": raw, "base64": text + b"\n", "bundle": json.dumps(message).encode()}[form])
        return (str(tmp_path / "it.sig"),)

    trusted = trusting(builder)
    data = released.wheel.read_bytes()
    assert "signature" in looked(released.wheel, signatures=written(builder, data), trust=trusted).held
    for key, content in ((stranger, data), (builder, data + b"\n")):
        found = looked(released.wheel, signatures=written(key, content), trust=trusted)
        assert (found.code, "no trusted key" in found.failed["signature"]) == (4, True)
    late = looked(released.wheel, signatures=written(builder, data), trust=trusting(builder, until=looked_day(-1)))
    assert (late.code, late.failed["signature"]) == (4, "the key was not valid any more")


def looked_day(days: int) -> Any:
    """A day that many days from the day on which the tests look."""
    from datetime import timedelta

    from tests.artifact.conftest import NOW

    return (NOW + timedelta(days=days)).date()


# -- content ------------------------------------------------------------------------------------------------------------------------


def test_a_secret_in_a_package_is_found_and_not_shown(released: Released, tmp_path: Path) -> None:
    secret = token(7)
    wheel = rezipped(released.wheel, tmp_path, lambda members: members.update({f"shop/{secret}.py": f'KEY = "{secret}"\n'.encode()}))
    found = told(wheel, "--source", released.source, "-o", tmp_path / "artifact.json")
    assert found.code == 4
    assert set(found.failed) == {"metadata", "binding", "secrets"}
    assert secret[8:] not in found.out + found.err + (tmp_path / "artifact.json").read_text()
    assert json.loads((tmp_path / "artifact.json").read_text())["checks"] == found.said["checks"]
    found = told(wheel, "--no-scan")
    assert secret[8:] not in found.out


def test_what_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    out("7zz", "a", "-bso0", "-psecret", "-tzip", tmp_path / "app.zip", __file__)
    found = told(tmp_path / "app.zip")
    assert (found.code, set(found.failed)) == (3, {"coverage"})
    assert [gap["reason"] for gap in found.said["scan"]["gaps"]] == ["encrypted-archive"]


def test_exit_codes_of_a_wrong_question(released: Released, tmp_path: Path) -> None:
    wrong = (("--expect", "sha256:abc"), ("--sums", str(tmp_path / "none")), ("--base", "x"), ("--parameter", "x"))
    for words in (*wrong, ("--platform", "linux/amd64"), ("--source", str(tmp_path))):
        assert told(released.wheel, *words).code in (2, 3), words
    assert told(tmp_path / "nothing.whl").code == 2


def test_lines_for_a_person_say_what_failed(released: Released, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from scanner.cli import main

    wheel = rezipped(released.wheel, tmp_path, lambda members: members.update({"shop/evil.py": b"import os\n"}))
    code = main(["artifact", str(wheel), "--source", released.source, "-q", "--jobs", "1"])
    text = capfd.readouterr().out
    assert code == 4
    assert "19  FAILED  binding       1 files are not from commit" in text
    assert "  nowhere: shop/evil.py\n" in text
    assert ": is not to be released: metadata: 1 files are in it" in text.splitlines()[-1]

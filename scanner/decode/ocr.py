"""Programs that read text off pictures (docs/formats/ocr.md): started once, asked line by line, killed when they hang, never imported."""

from __future__ import annotations

import atexit
import base64
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from scanner import shipped
from scanner.decode.limits import Looking, Stop
from scanner.unbroken import unbroken

_ANSWER_MOST = 96 << 20  # bytes of one line
_WORDS_MOST = 200_000
_STEP = 1 << 16
_START = 60.0  # seconds to load the models
_FAILURES_MOST = 4  # in a row; after that the program is at fault, not the picture
_MEMORY = 8 << 30  # bytes of address space, most of which a model only reserves

_HOOKS = {
    "rapidocr": ("with_rapidocr.py", ("rapidocr", "onnxruntime", "PIL")), "codes": ("codes.py", ("zxingcpp", "PIL")),
    "paint": ("paint.py", ("PIL",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word as an engine read it, with its box in pixels of the picture as it is stored."""

    text: str = field(repr=False)
    box: tuple[int, int, int, int]
    sure: float = 1.0
    line: int | None = None  # words with the same number stand on one line, in this order
    kind: str = ""  # of a code: "QRCode"


@dataclass(frozen=True, slots=True)
class Page:
    """What an engine answered about one page."""

    words: tuple[Word, ...] = field(repr=False)
    pages: int = 1
    same: bool = False  # as the page before
    flaw: Stop | None = None  # what it could not read


class Engine:
    """One running program; whatever goes wrong is a Stop, and the next picture begins anew."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self.command, self._seconds = tuple(command), seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._number = self._failures = 0
        self._name: str | None = None

    @property
    def name(self) -> str:
        """Which engine, version and models; raises Stop where it does not start."""
        if self._name is None:
            told = self._ask({}, _START)
            self._name = " ".join(str(told.get(key, ""))[:100] for key in ("engine", "version", "models")).strip() or "unnamed"
        return self._name

    def read(self, picture: bytes, page: int = 1) -> Page:
        """The words on a page of a picture; raises Stop."""
        _ = self.name  # it has been started, and models that load slowly do not count
        told = self._ask({"picture": base64.b64encode(picture).decode(), "page": page}, self._seconds)
        try:
            return _page(told)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            raise Stop("tool-error", "the OCR engine gave an answer that is not as agreed") from None

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question of another kind; raises Stop."""
        return self._ask(question, self._seconds)

    def close(self) -> None:
        """End the program, and whatever it started."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (OSError, AttributeError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait()

    def _ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        if self._failures >= _FAILURES_MOST:
            raise Stop("tool-error", "the OCR engine failed several times in a row, and was not asked again")
        self._number += 1
        line = json.dumps({"id": self._number, **question}).encode() + b"\n"
        try:
            answer = json.loads(self._exchange(line, time.monotonic() + seconds))
            if not isinstance(answer, dict) or answer.get("id") != self._number:
                raise ValueError
        except Stop:
            self._fail()
            raise
        except (OSError, ValueError, RecursionError):
            self._fail()
            raise Stop("tool-error", "the OCR engine failed at this picture") from None
        self._failures = 0
        return answer

    def _fail(self) -> None:
        self._failures += 1
        self.close()

    def _exchange(self, line: bytes, end: float) -> bytes:
        """Write a line and read one, without waiting for ever for either."""
        process = self._running()
        assert process.stdin and process.stdout  # noqa: S101 both are pipes
        unsent, answer = memoryview(line), bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdin, selectors.EVENT_WRITE)
            ready.register(process.stdout, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                left = end - time.monotonic()
                if left <= 0:
                    raise Stop("timeout", "the OCR engine took too long")
                for key, events in ready.select(left):
                    if events & selectors.EVENT_WRITE:
                        unsent = unsent[os.write(process.stdin.fileno(), unsent[:_STEP]) :]
                        if not unsent:
                            ready.unregister(key.fileobj)
                    elif piece := os.read(process.stdout.fileno(), _STEP):
                        answer += piece
                    else:
                        raise OSError("it ended")
                if len(answer) > _ANSWER_MOST:
                    raise Stop("tool-error", "the OCR engine answered more than it may")
        return bytes(answer)

    @unbroken
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
                start_new_session=True, cwd=os.sep,
            )  # fmt: skip
            assert self._process.stdin  # noqa: S101 it is a pipe
            os.set_blocking(self._process.stdin.fileno(), False)
            _limit(self._process.pid)
        return self._process


def _limit(process: int) -> None:
    """Whatever a picture makes a decoder ask for, it gets no more memory than this."""
    try:
        import resource

        resource.prlimit(process, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.prlimit(process, resource.RLIMIT_CORE, (0, 0))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # not Linux, or it has ended already


def _page(told: dict[str, Any]) -> Page:
    refused = told.get("refused")
    flaw = Stop(_reason(refused["reason"]), _sentence(refused["detail"])) if refused else None
    words = told.get("words", [])
    if len(words) > _WORDS_MOST:
        raise ValueError
    return Page(tuple(word(one) for one in words), min(max(1, int(told.get("pages", 1))), 1 << 20), bool(told.get("same")), flaw)


def _reason(said: object) -> str:
    from scanner.model.content import REASONS

    return said if isinstance(said, str) and said in REASONS else "tool-error"


def _sentence(said: object) -> str:
    """An engine's words about a picture only where they are those of ours: another's may hold what the picture shows."""
    return said if said in _SENTENCES else "the OCR engine could not read it"


_SENTENCES = frozenset({
    "it has more than 100,000,000 pixels", "no library that is installed here reads this kind of picture", "its pixels are damaged",
    "it ends in the middle of the picture", "it ends too early", "a part of the picture is missing or damaged; the rest was read",
    "reading the picture took more memory than it may",
})  # fmt: skip


def word(told: dict[str, Any]) -> Word:
    """A word as an engine tells it; raises ValueError and its kin where it is not as agreed."""
    x, y, wide, high = (max(0, round(float(n))) for n in told["box"])
    line, kind = told.get("line"), str(told.get("kind", ""))[:40]
    sure = min(max(float(told.get("confidence", 1.0)), 0.0), 1.0)
    return Word(str(told["text"])[:65536], (x, y, wide, high), sure, line if isinstance(line, int) else None, kind)


_RUNNING: dict[tuple[int, tuple[str, ...]], Engine] = {}


def text_engine(looking: Looking) -> Engine | None:
    """The engine that reads text, started when it is first asked; None where there is none."""
    command = _command(looking)
    return _one(command, looking.seconds) if command else None


def code_engine(looking: Looking) -> Engine | None:
    """The engine that reads QR and bar codes."""
    command = _shipped("codes")
    return _one(command, looking.seconds) if command else None


def painter() -> Engine | None:
    """The program that paints boxes over."""
    command = _shipped("paint")
    return _one(command, _START) if command else None


def available() -> tuple[str, ...]:
    """The engines on this machine, the one that is taken first."""
    found = ["rapidocr"] if _shipped("rapidocr") else []
    return (*found, "tesseract") if _tesseract() else tuple(found)


def _command(looking: Looking) -> tuple[str, ...] | None:
    if looking.mode == "never":
        return None
    if looking.command:
        return looking.command
    ways = {"rapidocr": lambda: _shipped("rapidocr"), "tesseract": _tesseract}
    wanted = [looking.engine] if looking.engine else list(ways)
    return next((command for name in wanted if (command := ways[name]())), None)


def _tesseract() -> tuple[str, ...] | None:
    if shutil.which("tesseract") is None or find_spec("PIL") is None:
        return None
    return (sys.executable, str(shipped.shipped("hooks") / "ocr" / "with_tesseract.py"))


def _shipped(name: str) -> tuple[str, ...] | None:
    script, needs = _HOOKS[name]
    if any(find_spec(module) is None for module in needs):
        return None
    return (sys.executable, str(shipped.shipped("hooks") / "ocr" / script))


def _one(command: tuple[str, ...], seconds: float) -> Engine:
    """One program of a kind for each process: a forked worker must not speak into its parent's pipe."""
    key = (os.getpid(), command)
    if key not in _RUNNING:
        if not any(pid == key[0] for pid, _ in _RUNNING):
            _RUNNING.clear()
            atexit.register(close_all)
        _RUNNING[key] = Engine(command, seconds)
    return _RUNNING[key]


def close_all() -> None:
    """End what this process started."""
    for (pid, _), engine in list(_RUNNING.items()):
        if pid == os.getpid():
            engine.close()
    _RUNNING.clear()

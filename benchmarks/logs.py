"""How fast a log is read: megabytes a second and peak memory, beside `cat | wc -c` and `zcat | wc -c` of the same file.

    python -m benchmarks.logs [MEGABYTES]
"""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scanner.rulepack.sample import grow


class Cost(NamedTuple):
    """What one command took."""

    seconds: float  # of the clock
    cpu: float
    memory: int  # KiB at most


def lines(seed: int) -> Iterator[str]:
    """A log of a web application: times, levels, requests, structured records, now and then a secret."""
    random_ = random.Random(seed)
    for number in range(10**9):
        hour, minute, second = number // 36000 % 24, number // 600 % 60, number // 10 % 60
        when = f"2024-03-{1 + number // 864000 % 28:02}T{hour:02}:{minute:02}:{second:02}.{number % 10}00Z"
        ip, user, took = f"10.{random_.randrange(256)}.{random_.randrange(256)}.7", random_.randrange(9999), random_.random()
        kind = number % 4
        if kind == 0:
            asked = f"GET /api/v1/orders/{user}?page=2 HTTP/1.1"
            yield f'{ip} - user{user} [10/Mar/2024:13:55:36 +0000] "{asked}" 200 {user * 7} "-" "Mozilla/5.0 (X11)"'
        elif kind == 1:
            yield f"{when} INFO  [worker-{user % 16}] org.example.orders.OrderService - order {user} was stored in {took:.3f} s"
        elif kind == 2:
            yield f'{{"ts":"{when}","level":"debug","service":"orders","msg":"cache miss","key":"order:{user}","took":{took:.6f}}}'
        else:
            yield f"{when} web-{user % 9} app[{user}]: GET /health 200 in {took:.4f} (trace {random_.getrandbits(64):016x})"
        if number % 200_000 == 77:
            yield f"{when} ERROR cannot connect to postgresql://apps:{grow('{alnum:24}', number).decode()}@db.example.org:5432/orders"


def written(path: Path, megabytes: int) -> None:
    """So much of such a log; after the first hundred megabytes it repeats itself."""
    block, size = [], 0
    for line in lines(1):
        block.append(line)
        size += len(line) + 1
        if size >= min(megabytes, 100) << 20:
            break
    data = ("\n".join(block) + "\n").encode()
    with path.open("wb") as file:
        for _ in range(max(1, (megabytes << 20) // len(data))):
            file.write(data)


def cost(command: str) -> Cost:
    """What a command line takes, its children included."""
    before = os.times()
    process = subprocess.Popen(["bash", "-c", f"exec {command}" if "|" not in command else command], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    after = os.times()
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(after.elapsed - before.elapsed, cpu, usage.ru_maxrss)


def main(words: list[str]) -> None:
    """Make a log, read it in each way, and print a line for each."""
    megabytes = int(words[0]) if words else 300
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "app.log"
        maker = multiprocessing.get_context("spawn").Process(target=written, args=(log, megabytes))
        maker.start()  # apart: a child counts what its parent held when it was started
        maker.join()
        subprocess.run(["gzip", "-k", "-1", str(log)], check=True)
        size = log.stat().st_size / 1e6
        scan = f"{sys.executable} -m scanner scan --quiet --jobs 1 --format json"
        commands = {
            "cat | wc -c": f"cat {log} | wc -c",
            "zcat | wc -c": f"zcat {log}.gz | wc -c",
            "scan --logs app.log": f"{scan} --logs {log}",
            "scan --logs app.log.gz": f"{scan} --logs {log}.gz",
            "scan --logs -": f"{scan} --logs - < {log}",
            "redact": f"{sys.executable} -m scanner redact {log}",
        }
        cost(f"{scan} --logs /dev/null")  # compiles and caches what the first run needs
        for name, command in commands.items():
            took = cost(command)
            speed, effort = size / took.seconds, size / max(took.cpu, 1e-9)
            print(f"{name:24} {speed:7.0f} MB/s  {effort:7.0f} MB/s of CPU  {took.memory >> 10:5} MiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

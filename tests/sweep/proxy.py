"""A proxy before a server, which can be away for a while."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import suppress


class Proxy:
    """Passes bytes on between a port of its own and a server."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._until = 0.0
        self._over = False
        self.cuts = 0

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._over = True
        self._server.close()
        self._cut()

    def away(self, seconds: float) -> None:
        """Cut every connection, and take none for so long."""
        self._until = time.monotonic() + seconds
        self._cut()
        self.cuts += 1
        time.sleep(seconds)

    def _cut(self) -> None:
        for pair in self._pairs:
            for one in pair:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self) -> None:
        while not self._over:
            try:
                ours, _ = self._server.accept()
            except OSError:
                return
            if time.monotonic() < self._until:
                ours.close()
                continue
            theirs = socket.create_connection(self._to)
            self._pairs.append((ours, theirs))
            threading.Thread(target=self._pass, args=(ours, theirs), daemon=True).start()

    def _pass(self, ours: socket.socket, theirs: socket.socket) -> None:
        with selectors.DefaultSelector() as waiting, suppress(OSError, ValueError):
            waiting.register(ours, selectors.EVENT_READ, theirs)
            waiting.register(theirs, selectors.EVENT_READ, ours)
            while True:
                for key, _ in waiting.select():
                    data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                    if not data:
                        raise OSError
                    key.data.sendall(data)
        for one in (ours, theirs):
            one.close()

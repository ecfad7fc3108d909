"""A server on this machine that sends files as tests need it: whole, in part, again and again, or not at all."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Mirror:
    """A server on this machine. ``answers`` are given in order, the last one again and again; ``asked`` are ranges."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.answers: dict[str, list[Callable[[BaseHTTPRequestHandler], None]]] = {}
        self.over = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append((self.path, self.headers.get("Range")))
                answers = mirror.answers[self.path]
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests read what was asked."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def url(self, path: str, *answers: Callable[[BaseHTTPRequestHandler], None]) -> str:
        self.answers[path] = list(answers)
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextlib.contextmanager
def opened_mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A server that is asked without a proxy, and closed in the end."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Mirror()
    try:
        yield made
    finally:
        made.close()


def serves(content: bytes, upto: int | None = None, resumes: bool = True) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer: a file, closed after ``upto`` bytes, with or without ranges."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range") or "")
        start = int(asked[1]) if asked and resumes else 0
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(content) - start))
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(content[start : len(content) if upto is None else start + upto])

    return answer


def stops(content: bytes, upto: int, mirror: Mirror) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of ``upto`` bytes, after which the server is silent."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        serves(content, upto)(handler)
        handler.wfile.flush()
        mirror.over.wait(10)

    return answer


def fails(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: handler.send_error(code)

"""Engines that a command reaches: what it says before it fails, sessions, and the folder of their sockets."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.foundation.user_error import UserError
from core.remote.codec import Codec
from core.remote.process import ProcessEngine
from core.remote.relay import Rewound, first_words, relay
from core.remote.session import Attach, Gone, Ping, Unheard, new_token, runtime_folder
from core.remote.spawn import how_it_ended
from core.remote.wire import Frame, Wire

WORDS = Codec({cls.__name__: cls for cls in (Attach, Gone, Ping)})
PATIENCE_S = 30.0


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "latent-playground"


def ended(engine: ProcessEngine) -> str:
    with engine.changed:
        assert engine.changed.wait_for(lambda: engine.health().state == "ended", PATIENCE_S)
    return engine.health().trouble


@pytest.mark.parametrize(
    ("script", "sentence", "details"),
    [
        ("echo motd >&2; echo Permission denied >&2; exit 255", "(it left with status 255: Permission denied)", "motd"),
        ("echo Welcome to this machine", "(the other side is no engine of Latent Playground; it begins", "Welcome"),
        ("exit 137", "(SIGKILL: killed, perhaps for memory)", ""),
        ("exit 0", "(it left with status 0)", ""),
    ],
)
def test_a_command_that_is_no_engine_ends_with_what_it_said(script: str, sentence: str, details: str) -> None:
    engine = ProcessEngine(["sh", "-c", script])
    for _ in range(2):
        assert sentence in ended(engine)
        assert details in engine.details
        engine.start_again()  # the same once more
    assert engine.close(PATIENCE_S)


def test_a_command_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    command = tmp_path / "engine"
    command.write_text("#!/bin/sh\nexit 3\n")
    command.chmod(0o700)
    engine = ProcessEngine([str(command)])
    assert "status 3" in ended(engine)
    command.unlink()
    engine.start_again()
    assert "No such file" in ended(engine)
    assert engine.close(PATIENCE_S)


def said(*messages: Any) -> Any:
    """A file with what a window says first: messages, or bytes."""
    source, sink = os.pipe()
    with os.fdopen(sink, "wb", buffering=0) as file:
        wire = Wire(io.BytesIO(), file)
        for message in messages:
            if isinstance(message, bytes):
                file.write(message)
            else:
                wire.write(WORDS.encode(message))
    return os.fdopen(source, "rb", buffering=0)


def test_what_was_read_to_know_the_session_can_be_read_again() -> None:
    attach = Attach(new_token(), True, 60.0)
    with said(attach, b"more") as file:
        source = Rewound(file)
        assert first_words(source) == attach
        first = source.rewind()
        again = bytearray(len(first) + 4)
        assert source.readinto(memoryview(again)) == len(first)
        assert again[: len(first)] == first
        assert source.readinto(memoryview(again)) == 4


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1",
        b"LATENTPG\0\1\0\0\0\1\xc1",
        Ping(1),
        Attach("../../etc/passwd", False, 1.0),
        Attach("0123456789abcdeF", False, 1.0),
        Attach(new_token(), False, -1.0),
        Attach(new_token(), False, 1e9),
    ],
)
def test_a_session_that_cannot_be_is_a_sentence(words: Any) -> None:
    with said(words) as file, pytest.raises(UserError):
        first_words(Rewound(file))


def test_a_session_that_is_gone_is_not_begun_anew(runtime: Path) -> None:
    attach, (source, sink) = Attach(new_token(), True, 60.0), os.pipe()
    with said() as nothing, os.fdopen(sink, "wb", buffering=0) as out:
        assert relay(attach, b"", nothing, out, 60.0) == 0
    with os.fdopen(source, "rb", buffering=0) as file:
        answer = Wire(file, io.BytesIO()).read()
    assert answer is not None
    assert isinstance(WORDS.decode(Frame(answer.body)), Gone)
    assert not list(runtime.iterdir())


def test_no_engine_listens_where_others_could_enter(runtime: Path, tmp_path: Path) -> None:
    assert runtime_folder() == runtime
    assert runtime.stat().st_mode & 0o777 == 0o700
    runtime.chmod(0o750)
    with pytest.raises(UserError, match="not the user's own alone"):
        runtime_folder()
    runtime.rmdir()
    runtime.symlink_to(tmp_path)
    with pytest.raises(UserError, match="not the user's own alone"):
        runtime_folder()


def test_what_was_not_heard_is_kept_in_order() -> None:
    unheard = Unheard()
    for number in range(5):
        unheard.add(Frame(number))
    unheard.forget(2)
    unheard.forget(2)
    assert [frame.body for frame in unheard.frames()] == [2, 3, 4]
    for wrong in (1, 6):
        with pytest.raises(ValueError, match="cannot be"):
            unheard.forget(wrong)


@pytest.mark.parametrize(
    ("status", "words"),
    [(-11, "SIGSEGV"), (139, "SIGSEGV"), (1, "it left with status 1: a"), (-99, "it left with status -99: a")],
)
def test_a_status_in_words(status: int, words: str) -> None:
    assert how_it_ended(status, "b\na") == words


@pytest.mark.parametrize("seconds", ["-1", "1e9", "long"])
def test_an_engine_lingers_for_a_number_of_seconds(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engine", "--linger", seconds]) == 2
    assert "--linger" in capsys.readouterr().err

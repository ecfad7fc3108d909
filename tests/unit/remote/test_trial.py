"""A command is tried: what answers is named, and what does not is told in a sentence."""

from __future__ import annotations

import os
import shlex
import sys

import pytest

from core.foundation.reading import Cancelled, no_report
from core.foundation.user_error import UserError
from core.remote import trial
from core.remote.spawn import LOCAL
from core.training import devices


def python(code: str) -> str:
    """The command that runs a line of Python."""
    return shlex.join([sys.executable, "-S", "-c", code])


def test_an_engine_that_answers_is_named_and_can_be_used() -> None:
    found = trial.find(shlex.join(LOCAL), no_report)
    try:
        assert found.engine.health().state == "running"
        assert found.host == os.uname().nodename
        assert found.devices[0] == f"CPU, {devices.cores()} core{'s' * (devices.cores() != 1)}"
        assert found.words.startswith(found.host)
    finally:
        assert found.engine.close(10.0)


@pytest.mark.parametrize(
    ("command", "says", "details"),
    [
        (
            python("import sys; sys.exit('Permission denied (publickey).')"),
            "status 1.*: Permission denied",
            "publickey",
        ),
        (python("print('Welcome to this host')"), "no engine of Latent Playground.*'Welcome to", "Welcome"),
        (python(""), "The command does not answer.", ""),
    ],
)
def test_what_does_not_answer_is_told_with_its_last_words(command: str, says: str, details: str) -> None:
    with pytest.raises(trial.NoEngine, match=says) as told:
        trial.find(command, no_report)
    assert details in told.value.details


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("no-such-program engine", "There is no program no-such-program"),
        ("ssh 'host", "No closing quotation"),
    ],
)
def test_what_cannot_be_started_is_one_sentence(command: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        trial.find(command, no_report)


def test_a_command_that_hangs_can_be_cancelled() -> None:
    looked: list[float] = []

    def report(share: float) -> None:
        looked.append(share)
        if len(looked) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        trial.find(python("import time; time.sleep(600)"), report)
    assert len(looked) == 3

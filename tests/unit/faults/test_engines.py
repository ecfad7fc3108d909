"""Short forms of kills: of an engine's process, and of the window that it computes for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.faults import engines
from core.faults.engines import FAULTS, _Marked

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_a_window_goes_on_after_its_engine_was_killed() -> None:
    assert engines.kills(FAULTS[0].quick, 1, ended_s=engines.PATIENCE_S) == []


def test_an_engine_ends_with_its_window() -> None:
    assert engines.window_kills(FAULTS[1].quick, 1, left_s=engines.PATIENCE_S) == []


def test_what_is_left_would_be_found() -> None:
    with _Marked() as marked:
        with subprocess.Popen(["sleep", "60"]) as process:
            assert engines._wait(lambda: marked.running() == [process.pid], 10.0)  # once it is "sleep"
            assert marked.left(0.0) == "1 processes are left"
        assert process.returncode == -9
        assert marked.left(0.0) == ""
        (marked.place / "TMPDIR" / "array").touch()
        assert marked.left(0.0) == "array is left in TMPDIR"
    assert engines.MARK not in os.environ

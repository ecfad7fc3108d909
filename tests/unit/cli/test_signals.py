"""What a signal does at each stage of a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from core.cli import signals
from core.cli.main import main

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("number", signals.NUMBERS)
def test_a_command_is_interrupted(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr("core.cli.main._doctor", lambda options: signal.raise_signal(number))
    assert main(["doctor"]) == 128 + number
    assert signal.getsignal(number) is before


def test_amid_an_import_the_process_ends_at_once(tmp_path: Path) -> None:
    """An import that meets an error may go on without what it wanted to import."""
    (tmp_path / "half.py").write_text(
        "import signal\ntry:\n    signal.raise_signal(2)\nexcept BaseException:\n    print('swallowed')\n"
    )
    code = """
        import sys
        from core.cli import signals
        sys.path.insert(0, sys.argv[1])
        with signals.handled_by(signals.interrupt):
            import half
    """
    done = python(code, str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_is_ignored_at_the_start_stays_ignored() -> None:
    code = """
        import signal
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        from core.cli import signals, start
        with signals.handled_by(signals.interrupt):
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        signal.raise_signal(signal.SIGTERM)
    """
    done = python(code)
    assert (done.returncode, done.stderr) == (143, "")  # the entry has taken the others


@pytest.mark.parametrize("words", [["-m", "core"], ["-m", "gui"], ["-S", "-P", "core/cli/start.py"]], ids=str)
def test_every_entry_takes_signals_before_anything_heavy(words: list[str], tmp_path: Path) -> None:
    """The first heavy import is replaced by one that is interrupted."""
    for name in ("argparse", "PySide6"):
        (tmp_path / f"{name}.py").write_text("import signal\nsignal.raise_signal(signal.SIGTERM)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (143, "")


def test_a_stop_acts_once() -> None:
    acts: list[int] = []
    stop = signals.Stop(lambda: acts.append(1))
    with signals.handled_by(stop):
        assert stop.number == 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
            signal.raise_signal(number)
    assert (acts, stop.number, signals.name_of(stop.number)) == ([1], signal.SIGTERM, "SIGTERM")
    assert signals.name_of(signal.SIGINT) == "Ctrl-C"

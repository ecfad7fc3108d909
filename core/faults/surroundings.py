"""Odd surroundings: no home, none that can be written, odd paths, plain C as language, no display, nothing temporary.

The program does its work there, or says in one sentence why it cannot.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from core.engine import run_folder
from core.faults.base import Fault, unspeakable
from core.faults.signals import WINDOW
from core.foundation.files import FileError
from core.foundation.program import PROGRAM, ROOT
from core.training import devices

TRAIN = (
    *("train", "--dataset", "shapes", "--train-images", "1000", "--device", "cpu", "--threads", "1"),
    *("--network", "mlp", "--batch", "32", "--steps", "3", "--seed", "1"),
)
NOWHERE = "/proc/nowhere"
"""A folder that nobody can make, not even root."""
PATIENCE_S = 90.0
"""Longest time of a training of three steps, or until a window is open, s."""
HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")


@dataclass(frozen=True)
class Surroundings:
    """What is odd: variables that are set or, where None, missing; the name of the run folder; whether all works."""

    says: str
    variables: Mapping[str, str | None] = field(default_factory=dict)
    name: str = "run"
    works: bool = True
    has_window: bool = True


def _all(names: tuple[str, ...], value: str | None) -> dict[str, str | None]:
    return dict.fromkeys(names, value)


PLACES = (
    Surroundings("no home", _all(HOMES, None)),
    Surroundings("a home that is nowhere", _all(HOMES, NOWHERE)),
    Surroundings("no folder for what is temporary", {"TMPDIR": NOWHERE}),
    Surroundings("C as language", {"LANG": "C", "LC_ALL": "C", "LANGUAGE": None, "PYTHONUTF8": None}),
    Surroundings("C as language, umlauts", {"LANG": "C", "LC_ALL": "C"}, name="Zahlen für Übungen", has_window=False),
    Surroundings("POSIX without UTF-8", {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Surroundings("a path with spaces", name="a run  of mine ", has_window=False),
    Surroundings("a path with umlauts and an emoji", name="Läufe 🎲", has_window=False),
    Surroundings("a path with a newline", name="two\nlines", has_window=False),
    Surroundings("a path with a leading dash", name="-o", has_window=False),
    Surroundings("a path of quotes", name="'\"$(true)`", has_window=False),
    Surroundings("a path that is too long", name="x" * 300, works=False, has_window=False),
    Surroundings("a path through a file", name="file/run", works=False, has_window=False),
    Surroundings("a path that nobody can make", name=f"{NOWHERE}/run", works=False, has_window=False),
    Surroundings("no terminal", {"TERM": None, "COLUMNS": None}),
    Surroundings("a terminal of one column", {"TERM": "dumb", "COLUMNS": "1", "LINES": "1"}, has_window=False),
)


def _environment(folder: Path, odd: Surroundings) -> dict[str, str]:
    own: dict[str, str | None] = {n: v for n, v in os.environ.items() if n not in ("DISPLAY", "WAYLAND_DISPLAY")}
    own |= {**_all(HOMES, str(folder / "home")), "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    own |= odd.variables
    return {name: value for name, value in own.items() if value is not None}


def _said(process: subprocess.CompletedProcess[str], works: bool) -> str:
    """What is wrong with an end; "" where it worked, or says in one sentence why not."""
    err = process.stderr.strip()
    if "Traceback" in err:
        return f"a traceback: {err[-400:]}"
    if works:
        return "" if process.returncode == 0 else f"status {process.returncode}: {err[-400:]}"
    if process.returncode not in (1, 2):
        return f"status {process.returncode}: {err[-400:]}"
    return "" if not unspeakable(err.splitlines()[-1] if err else "") else f"it says: {err[-400:]}"


def _train(folder: Path, odd: Surroundings) -> str:
    """Train for three steps and read the run."""
    (folder / "file").touch()
    out = odd.name if odd.name.startswith("/") else f"--out={odd.name}"
    words = (*TRAIN, *(("--out", out) if out is odd.name else (out,)))
    ended = subprocess.run(
        (*PROGRAM, *words),
        cwd=folder,
        env=_environment(folder, odd),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE_S,
        check=False,
    )
    if (trouble := _said(ended, odd.works)) or not odd.works:
        return trouble
    try:
        return "" if run_folder.load(folder / odd.name).step == 3 else "another step is saved"
    except FileError as error:
        return str(error)


def _open(folder: Path, odd: Surroundings) -> str:
    """Open a window and close it by SIGTERM once it has lanes."""
    own = _environment(folder, odd)
    with subprocess.Popen(
        WINDOW, cwd=folder, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as window:
        assert window.stdout is not None
        try:
            first = window.stdout.readline()
            window.terminate()
            _, err = window.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            window.kill()
            return "the window does not end"
    if first != "open\n":
        return f"the window does not open, status {window.returncode}: {err.strip()[-400:]}"
    return f"a traceback: {err.strip()[-400:]}" if "Traceback" in err else ""


def _without_display(folder: Path, odd: Surroundings) -> str:
    """Start the window where there is no screen: one sentence, status 3."""
    own = {name: value for name, value in _environment(folder, odd).items() if name != "QT_QPA_PLATFORM"}
    ended = subprocess.run(
        PROGRAM, cwd=folder, env=own, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    err = ended.stderr.strip()
    if ended.returncode != 3 or "Traceback" in err:
        return f"status {ended.returncode}: {err[-400:]}"
    return "" if not unspeakable(err.splitlines()[-1] if err else "") else f"it says: {err[-400:]}"


Try = tuple[str, Surroundings, Callable[[Path, Surroundings], str]]


def tries() -> list[Try]:
    """Every training, window, and start without a display that is tried."""
    return [
        *(("train", odd, _train) for odd in PLACES),
        *(("window", odd, _open) for odd in PLACES if odd.has_window),
        ("window", Surroundings("no display"), _without_display),
    ]


def surroundings(count: int, seed: int) -> list[str]:
    """The first ``count`` of all, as many at a time as there are cores."""

    def one(each: Try) -> str:
        what, odd, act = each
        with TemporaryDirectory() as folder:
            trouble = act(Path(folder), odd)
        return f"{what}, {odd.says}: {trouble}" if trouble else ""

    chosen = tries()[seed % len(tries()) :] + tries()[: seed % len(tries())]
    with ThreadPoolExecutor(devices.cores()) as pool:
        return [sentence for sentence in pool.map(one, chosen[:count]) if sentence]


FAULTS = (
    Fault("surroundings", "no home, odd paths, C as language, no display: it works or says why", 30, 2, surroundings),
)

"""Disks that fail under an open window, or under `train`: the last save survives, training goes on, one message.

Every try is a process of its own, whose folder is a `core.faults.bad_disk.BadDisk`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.engine import document_file, run_folder
from core.faults.bad_disk import KINDS, BadDisk
from core.faults.base import Fault, unspeakable
from core.foundation.files import FileError
from core.foundation.program import ROOT

TROUBLE_S = 8.0
"""Length of a trouble, s."""
SILENCE_S = 30.0
"""Length of one in which a network folder has stopped, s."""
BEFORE_S = 4.0
"""Training before the trouble, s."""
PATIENCE_S = 180.0
"""Longest time of a try, s: longer counts as hung."""
GAP_MS = 2_500.0
"""Longest gap of the window's event loop, ms: longer means that it waited for the disk, not for a busy machine."""
MESSAGES = {"kept": 1, "save": 1}
"""Of work that cannot be kept one line; of a save that somebody asked for one dialog."""
TRAIN = (
    *("train", "--dataset", "shapes", "--train-images", "1000", "--device", "cpu", "--threads", "1"),
    *("--network", "mlp", "--batch", "32", "--save-every", "1s", "--json"),
)


def _process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    places = {"XDG_CONFIG_HOME": str(folder / "settings"), "XDG_STATE_HOME": str(folder / "disk" / "state")}
    own |= {**places, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", *words)
    return subprocess.run(command, env=own, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)


def _length(kind: str) -> float:
    return SILENCE_S if kind == "silent" else TROUBLE_S


# --- a window --------------------------------------------------------------------------------------------------------


def _window(kind: str) -> str:
    """An experiment that is saved and kept on a disk that fails for a while; what was wrong, or ""."""
    with TemporaryDirectory() as root:
        folder = Path(root)
        disk = folder / "disk"
        disk.mkdir()
        words = ("gui.bench.disked", kind, str(_length(kind)), str(disk), "--engine", "process")
        try:
            done = _process(folder, *words)
        except subprocess.TimeoutExpired:
            return "the window hangs"
        if done.returncode or not done.stdout:
            return f"the window ended with status {done.returncode}: {done.stderr.strip()[-300:]}"
        said = json.loads(done.stdout.splitlines()[-1])
        trouble = _trouble(kind, said)
        if not trouble:
            try:
                document_file.load(disk / "mine.lplay")
            except FileError as error:
                trouble = f"the last save does not load: {error}"
        return trouble or (f"a traceback: {done.stderr.strip()[-300:]}" if "Traceback" in done.stderr else "")


def _trouble(kind: str, said: dict[str, Any]) -> str:
    """What is wrong with what a window said of itself; "" where nothing is."""
    before, meanwhile, _ = said["steps"]
    if not said["refused"] and kind != "removed":  # where there is nothing, nothing refuses
        return "nothing was asked of the disk"
    if not all(now > then for then, now in zip(before, meanwhile, strict=True)):
        return f"training stopped: {before}, {meanwhile}"
    if not said["survived"] or not said["is_saved"]:
        return f"what was saved before is gone, or no save works afterwards: {said}"
    if len(said["told"]) > MESSAGES["kept"] or len(said["errors"]) > MESSAGES["save"] or said["late_errors"]:
        return f"more is said than once: {said['told']}, {said['errors']}, {said['late_errors']}"
    if said["gap_ms"]["max"] > GAP_MS:
        return f"the window waited for the disk: a gap of {said['gap_ms']['max']:.0f} ms"
    return next((f"{words!r} {why}" for words in said["told"] if (why := unspeakable(words))), "")


# --- train -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def failing_for_a_while(kind: str, length: float, place: Path) -> Iterator[list[str]]:
    """Within it the disk under a place fails for a ``length``, s; the words of the `train` that is to be run there."""
    with BadDisk(place).installed() as disk:
        for after, act in ((BEFORE_S, lambda: disk.begin(kind)), (BEFORE_S + length, disk.end)):
            timer = threading.Timer(after, act)
            timer.daemon = True
            timer.start()
        yield [*TRAIN, "--seconds", str(BEFORE_S + length + BEFORE_S), "--out", str(place / "run")]


CODE = """
import sys
from pathlib import Path
from core.cli.main import main
from core.faults.disks import failing_for_a_while
with failing_for_a_while(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])) as words:
    status = main(words)
sys.exit(status)
"""


def _training(kind: str) -> str:
    with TemporaryDirectory() as root:
        folder = Path(root)
        (folder / "disk").mkdir()
        command = (sys.executable, "-c", CODE, kind, str(_length(kind)), str(folder / "disk"))
        own = {**os.environ, "PYTHONPATH": str(ROOT)}
        try:
            done = subprocess.run(command, env=own, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            return "train hangs"
        lines = done.stderr.splitlines()
        if done.returncode or "Traceback" in done.stderr:
            return f"train ended with status {done.returncode}: {done.stderr.strip()[-300:]}"
        if len(lines) > 1 or any(unspeakable(line) for line in lines):
            return f"more is said than once: {lines}"
        if not lines and kind != "silent":
            return "nothing is said of a disk that fails"
        last = json.loads(done.stdout.splitlines()[-1])
        seconds = last["seconds"]
        if seconds < BEFORE_S + _length(kind):
            return f"it trained for {seconds:.1f} s only"
        with contextlib.suppress(FileError):
            if run_folder.load(folder / "disk" / "run").step == last["steps"]:
                return ""
        return "the run is not saved at its end"


def failing(count: int, seed: int) -> list[str]:
    """So many tries: each kind of trouble under a window, then under `train`, and again. ``seed`` changes nothing."""
    tries = [(act, kind) for act in (_window, _training) for kind in KINDS]
    chosen = [tries[number % len(tries)] for number in range(count)]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda each: each[0](each[1]), chosen)
        named = zip(chosen, found, strict=True)
        return [f"{act.__name__.strip('_')}, disk {kind}: {trouble}" for (act, kind), trouble in named if trouble]


FAULTS = (
    Fault("disks", "disks are full, read-only, over quota, gone or silent for a while", 2 * len(KINDS), 3, failing),
)

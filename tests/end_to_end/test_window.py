"""The window in a process of its own: how it starts, how it ends, the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
IGNORED = "This plugin does not support"  # the offscreen platform on what it has not

PAINTED_BEFORE_TORCH = """
import sys
from pathlib import Path
from gui.shell.app import make_app, make_window
from gui.desk.settings import Settings

app = make_app()
window = make_window(Settings(Path(sys.argv[1]) / "s.ini"))
assert "torch" not in sys.modules, "building the window imports torch"
window.show()
app.processEvents()
assert window.isVisible()
picture = window.grab().toImage()
assert len({picture.pixelColor(x, y).name() for x in range(0, picture.width(), 5) for y in range(0, 48, 3)}) > 5
assert "torch" not in sys.modules, "showing the window imports torch"
window.close()
"""

# 1,000 drawn shapes: the same code as with MNIST, without its second of reading
WINDOW_OF_SHAPES = """
import gui.shell.app
from gui.desk.settings import Settings

store = Settings(Path(sys.argv[1]) / "s.ini")
store.write("dataset", "shapes")
store.write("dataset knobs", {"train_images": 1000})
store.flush()
make_window = gui.shell.app.make_window
windows = []

def make(settings=None):
    windows.append(make_window(store))
    return windows[0]

gui.shell.app.make_window = make
"""

# Which modules of Qt and of the window another thread imports, from the start until all that opens later is there
IMPORTED_ELSEWHERE = (
    """
import sys, threading
from importlib.abc import MetaPathFinder
from pathlib import Path

elsewhere, seen = [], set()

class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        seen.add(name)
        if name.partition(".")[0] in ("gui", "PySide6", "shiboken6", "pyqtgraph"):
            if threading.current_thread() is not threading.main_thread():
                elsewhere.append(name)

sys.meta_path.insert(0, Watch())
from PySide6.QtCore import QTimer
"""
    + WINDOW_OF_SHAPES
    + """last = f"gui.{gui.shell.app.OPENED[-1]}"

def look():
    window = windows[0] if windows else None
    if window is None or not window.desk.is_open or last not in sys.modules:
        return
    if not reports:
        if all(run.view.snapshot is not None for run in window.desk.runs):
            window.report.write(Path(sys.argv[1]) / "report.pdf")
            reports.append(1)
    elif (Path(sys.argv[1]) / "report.pdf").exists():
        window.close()

reports = []
timer = None
def begin():
    global timer
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)

gui.shell.app.make_app()
QTimer.singleShot(0, begin)
status = gui.shell.app.main()
assert {"pyqtgraph", "gui.information.pages.holes.page", "gui.files.report_pdf"} <= seen, seen
assert not elsewhere, elsewhere
sys.exit(status)
"""
)

CLOSED_WHILE_TRAINING = (
    """
import sys, threading, time
from pathlib import Path
from PySide6.QtCore import QTimer
"""
    + WINDOW_OF_SHAPES
    + """closed_at = []

def look():
    window = windows[0] if windows else None
    if window is None or not window.desk.is_open:
        return
    runs = window.desk.runs
    if not window.desk.experiment.will_train and all(run.view.status.state == "ready" for run in runs):
        window.top.train.click()  # once: a second click would pause them
    elif all(run.view.status.state == "training" and run.view.status.step > 5 for run in runs) and not closed_at:
        assert len(runs) == 3
        closed_at.append(time.perf_counter())
        window.close()

timer = None
def begin():
    global timer
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)

app = gui.shell.app.make_app()
QTimer.singleShot(0, begin)
status = gui.shell.app.main()
timer.stop()
left = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
assert not left, left
print(time.time() - (time.perf_counter() - closed_at[0]))  # the wall time of the close
sys.exit(status)
"""
)

CLOSED_WHILE_LOADING = """
import sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer
import gui.shell.app
from gui.desk.settings import Settings

store = Settings(Path(sys.argv[1]) / "s.ini")
make_window = gui.shell.app.make_window
def make(settings=None):
    window = make_window(store)
    QTimer.singleShot(int(sys.argv[2]), window.close)
    return window
gui.shell.app.make_window = make
status = gui.shell.app.main()
left = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
assert not left, left
sys.exit(status)
"""


def python(*words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run Python without a display."""
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**own, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line and IGNORED not in line]


def test_the_window_is_painted_before_torch_is_there(tmp_path: Path) -> None:
    done = python("-c", PAINTED_BEFORE_TORCH, str(tmp_path))
    assert (done.returncode, complaints(done)) == (0, [])


def test_closing_while_three_runs_train(tmp_path: Path) -> None:
    done = python("-c", CLOSED_WHILE_TRAINING, str(tmp_path))
    ended = time.time()
    assert (done.returncode, complaints(done)) == (0, [])
    assert ended - float(done.stdout) < 3.0


def test_nothing_of_qt_is_imported_in_another_thread(tmp_path: Path) -> None:
    """PySide looks classes up without a lock: made meanwhile, they end the process by a segmentation fault at times."""
    done = python("-c", IMPORTED_ELSEWHERE, str(tmp_path))
    assert (done.returncode, complaints(done)) == (0, [])


@pytest.mark.parametrize("after_ms", [0, 300, 1500])
def test_closing_while_engine_and_data_load(tmp_path: Path, after_ms: int) -> None:
    done = python("-c", CLOSED_WHILE_LOADING, str(tmp_path), str(after_ms))
    assert (done.returncode, complaints(done)) == (0, [])


def test_the_demo_writes_its_pictures(tmp_path: Path) -> None:
    done = python("-m", "core", "demo", "--seconds", "3", "--out", str(tmp_path / "out"), timeout_s=120)
    assert (done.returncode, complaints(done)) == (0, [])
    out = tmp_path / "out"
    assert sorted(each.name for each in out.iterdir()) == ["demo.json", "latent.gif", "lineup-light.png", "lineup.png"]
    facts = json.loads((out / "demo.json").read_text())
    assert set(facts["lanes"]) == {"ae", "vae", "gan"}
    for lane in facts["lanes"].values():
        assert lane["steps"] > 0
        assert lane["state"] == "paused"
        assert all(np.isfinite(value) for value in lane["losses"].values())
    dark, light = (
        np.asarray(Image.open(out / f"{name}.png").convert("L"), float) for name in ("lineup", "lineup-light")
    )
    assert dark.shape == light.shape == (900, 1440)
    assert dark.mean() < 70
    assert light.mean() > 180
    assert dark.std() > 10
    with Image.open(out / "latent.gif") as film:
        assert film.n_frames >= 3
        assert film.width >= 600
        first = np.asarray(film.convert("L"), float)
        film.seek(film.n_frames - 1)
        assert np.abs(np.asarray(film.convert("L"), float) - first).max() > 50
    assert (out / "latent.gif").stat().st_size < 5_000_000

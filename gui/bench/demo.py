"""``latent-playground demo``: the real window trains three lanes while synthetic input drags the point and changes β.

Without a display it runs on the offscreen platform. It makes the pictures of the README.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from core.foundation import strict_json
from core.foundation.files import write_file
from core.foundation.user_error import UserError
from core.remote.homes import Coming
from gui.bench.window import mouse
from gui.desk.settings import Settings
from gui.shell.app import Opening, UncaughtErrors, make_app, make_window
from gui.shell.window import MainWindow

SIZE = (1440, 900)
"""Size of the window, px."""
FRAME_MS = 50
"""Time between two moves of the mouse."""
GIF_EVERY = 4
"""Moves per frame of the GIF."""
GIF_FROM = 0.7
"""Start of the GIF, as a share of the time."""
GIF_WIDTH = 640
"""Width of the GIF, px."""
BETA_AT = 0.55
"""When β is raised, as a share of the time."""
BETA_BACK_AT = 0.8
"""When β is set back, as a share of the time."""
STRONG_BETA = 4.0
"""The raised β."""


def run(seconds: float, out: str | Path) -> int:
    """Run the demo and write lineup.png, lineup-light.png, latent.gif and demo.json into ``out``.

    Returns the exit status. `UserError` if ``out`` cannot be written.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}; choose another folder with --out") from None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as settings_folder:  # a demo shows the defaults, whatever the user has set
        app = make_app()
        gc.disable()
        settings = Settings(Path(settings_folder) / "demo.ini")
        settings.write("text scale", 1.0)  # the pictures are for any screen
        window = make_window(settings)
        window.resize(*SIZE)
        uncaught = UncaughtErrors()
        uncaught.install()
        hand = Hand(window, seconds, folder)
        uncaught.happened.connect(hand.fail)
        opening = Opening(window, Coming())
        window.ready.connect(hand.begin)
        window.show()
        opening.start_when_painted()
        app.exec()
        window.close()
        sys.excepthook = sys.__excepthook__
        gc.enable()
    if hand.error:
        sys.stderr.write(hand.error + "\n")
        return 1
    print(f"Wrote lineup.png, lineup-light.png, latent.gif and demo.json in {folder}")
    return 0


def pixels_of(widget: QWidget) -> np.ndarray:
    """The pixels of a widget, (H, W, 3) uint8."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


class Hand(QObject):
    """Presses Train, drags the point in a spiral over the VAE's map, changes β, and takes the pictures."""

    def __init__(self, window: MainWindow, seconds: float, folder: Path) -> None:
        super().__init__()
        self._window, self._seconds, self._folder = window, seconds, folder
        self._began = 0.0
        self._frames: list[Image.Image] = []
        self._moves = 0
        self._lanes: dict[str, Any] = {}
        self.error = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._move)

    def fail(self, sentence: str, details: str) -> None:
        """Stop the demo because of an error."""
        self.error = f"{sentence}\n{details}"
        QApplication.exit(1)

    def begin(self) -> None:
        """Press Train and start moving."""
        self._window.top.train.click()
        self._began = time.perf_counter()
        self._timer.start(FRAME_MS)

    def _map(self) -> QWidget:
        run = next(run for run in self._window.desk.runs if run.model_name == "vae")
        panel = self._window.lineup.panel("map", run)
        assert panel is not None
        return panel

    def _spot(self, share: float) -> QPointF:
        """The position of the mouse: a slow spiral around the centre of the map."""
        target = self._map()
        angle = 2 * np.pi * share * max(1.0, self._seconds / 8)
        radius = target.height() * (0.12 + 0.22 * (0.5 - 0.5 * np.cos(2 * np.pi * share * 3)))
        middle = QPointF(target.width() / 2, target.height() / 2)
        return middle + QPointF(float(radius * np.cos(angle)), float(radius * np.sin(angle)))

    def _move(self) -> None:
        if not self._moves and any(run.view.status.state != "training" for run in self._window.desk.runs):
            self._began = time.perf_counter()  # its seconds are of training lanes
            return
        share = (time.perf_counter() - self._began) / self._seconds
        spot = self._spot(min(share, 1.0))
        if self._moves == 0:
            mouse(self._map(), QEvent.Type.MouseButtonPress, spot)
        mouse(self._map(), QEvent.Type.MouseMove, spot)
        self._moves += 1
        self._set_beta(share)
        if share >= GIF_FROM and self._moves % GIF_EVERY == 0:
            frame = Image.fromarray(pixels_of(self._window.lineup))
            size = GIF_WIDTH, round(GIF_WIDTH * frame.height / frame.width)
            self._frames.append(frame.resize(size, Image.Resampling.LANCZOS))
        if share >= 1.0:
            self._timer.stop()
            mouse(self._map(), QEvent.Type.MouseButtonRelease, spot)
            self._finish()

    def _set_beta(self, share: float) -> None:
        desk = self._window.desk
        run = next(each for each in desk.runs if each.model_name == "vae")
        beta = STRONG_BETA if BETA_AT <= share < BETA_BACK_AT else 1.0
        if getattr(run.pending, "beta", beta) != beta:
            desk.set_knob(run, "beta", beta)

    def _finish(self) -> None:
        desk = self._window.desk
        desk.experiment.pause()
        for run in desk.runs:
            run.board.wait(lambda view: view.status.state != "training", 5.0)
        for run in desk.runs:
            view = run.view
            losses = {name: view.history.last(name) for name in run.model.columns}
            self._lanes[run.model_name] = {
                "steps": view.status.step,
                "seconds": round(view.status.seconds, 2),
                "losses": losses,
                "state": view.status.state,
            }
        desk.experiment.start()  # the pictures show training lanes
        QTimer.singleShot(1500, self._take_dark)

    def _take_dark(self) -> None:
        self._window.grab().save(str(self._folder / "lineup.png"))
        self._window.set_theme("light")
        QTimer.singleShot(1200, self._take_light)

    def _take_light(self) -> None:
        self._window.grab().save(str(self._folder / "lineup-light.png"))
        self._window.set_theme("dark")
        first, *rest = [frame.quantize(96, dither=Image.Dither.NONE) for frame in self._frames]
        first.save(
            self._folder / "latent.gif",
            save_all=True,
            append_images=rest,
            duration=FRAME_MS * GIF_EVERY,
            loop=0,
            optimize=True,
        )
        text = strict_json.dumps({"seconds": self._seconds, "lanes": self._lanes}, indent=2)
        write_file(self._folder / "demo.json", text.encode() + b"\n")
        QApplication.exit(0)

"""``latent-playground bench scale``: the cost of more steps, latent codes, dimensions, pixels and lanes.

History and map are measured on the real window with its clock stopped, everything else without a window. Training speed
is that of the step alone, with the threads of a single lane. Series that are compared alternate.
"""

from __future__ import annotations

import dataclasses
import gc
import math
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt

from core.benchmarks.engine import BATCH, HIDDEN, LATENT
from core.datasets.base import Dataset, Images, load
from core.engine.experiment import Experiment
from core.foundation.history import History, Table
from core.models.base import MODELS
from core.probes.codes import LatentCodes, LatentCodesLook
from core.probes.look import Answer
from core.training import devices
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import BUFFER_ROWS, Training, columns_of
from gui.bench.window import drop, mouse, open_window, paint_now, wait
from gui.lineup.rows.loss import NUMBERS_INTERVAL_S
from gui.shell.app import make_app

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from gui.shell.window import MainWindow

STEPS = (10_000, 100_000, 1_000_000, 10_000_000)
"""Lengths of the history."""
CODES = (1_000, 10_000, 60_000, 1_000_000)
"""Numbers of latent codes on the map."""
LATENTS = (2, 8, 16, 64)
"""Latent dimensions."""
SIDES = (28, 32, 48, 64)
"""Sides of square images, px."""
LANES = (1, 2, 3, 4, 5)
"""Numbers of lanes."""
DRAWS = 7
"""Paintings of the loss chart per length."""
FRAMES = 40
"""Frames of a pan."""
PAN_PX = 60
"""Radius of the pan."""
IMAGES = 512
"""Images per size."""
DECODES = 200
"""Decoded z per number of dimensions."""
ROUNDS = 3
"""Rounds of series that are compared; the result is the median."""
PATIENCE_S = 60.0
"""Longest wait for a lane."""

Log = Callable[[str], None]
Figures = dict[str, dict[str, Any]]


def scale(seconds: float, log: Log) -> dict[str, Figures]:
    """Every part of the bench; one series takes ``seconds`` / 2."""
    make_app()
    series_s = seconds / 2
    return {
        **history_and_map(log),
        "latent": latent(series_s, log),
        "image": image(series_s, log),
        "lanes": lanes(series_s, log),
    }


# --- the window ------------------------------------------------------------------------------------------------------


def history_and_map(log: Log) -> dict[str, Figures]:
    """The parts with a window, on one paused lane."""
    gc_was_enabled = gc.isenabled()
    gc.disable()
    window, experiment = open_window(("vae",), home="threads")  # whose views are written here
    try:
        window.clock.stop()  # nothing else is drawn, and no background job replaces what is put on the board
        run = experiment.runs[0]
        run.step()
        run.board.wait(lambda view: view.status.step == 1 and view.status.state == "paused", PATIENCE_S)
        wait(0.3)
        return {"history": history(window, run, log), "map": latent_map(window, run, log)}
    finally:
        drop(window)
        if gc_was_enabled:
            gc.enable()


def _drawn_ms(action: Callable[[], Any]) -> float:
    """Time of an action and the painting it causes in a window, ms."""
    began = time.perf_counter()
    action()
    paint_now()
    return (time.perf_counter() - began) * 1000


def fill(table: History, first: int, last: int) -> None:
    """Append random rows of a VAE for the steps after ``first`` up to ``last``, in blocks as the trainer does."""
    random = np.random.default_rng(first)
    for at in range(first, last, BUFFER_ROWS):
        step = np.arange(at + 1, min(at + BUFFER_ROWS, last) + 1)
        distortion, rate = random.normal(100.0, 10.0, len(step)), random.uniform(15.0, 25.0, len(step))
        table.append(np.stack([step, step / 1000, distortion + rate, distortion, rate, distortion + rate], 1))


def history(window: MainWindow, run: Run, log: Log) -> Figures:
    """Memory of a long history, and the time to draw the loss chart with new rows and due numbers."""
    panel = window.lineup.panel("loss", run)
    assert panel is not None
    figures: Figures = {}
    for size in STEPS:
        table = History(columns_of(run.model_name))
        fill(table, 0, size)
        held_mb, times = table.bytes / 1e6, []
        for end in range(size, size + DRAWS * BUFFER_ROWS, BUFFER_ROWS):
            fill(table, end, end + BUFFER_ROWS)
            run.board.change(partial(_with_history, table.table()))
            wait(1.2 * NUMBERS_INTERVAL_S)
            times.append(_drawn_ms(lambda: panel.refresh(run.view)))
        figures[str(size)] = {"mb": round(held_mb, 3), "draw_ms": round(statistics.median(times), 2)}
        log(f"{size:,} steps hold {held_mb:.2f} MB and are drawn in {statistics.median(times):.2f} ms")
    return figures


def latent_map(window: MainWindow, run: Run, log: Log) -> Figures:
    """Frames per second of a map with many latent codes while the middle button pans it."""
    target = window.lineup.panel("map", run)
    assert target is not None
    window.desk.set_map_style("codes")
    middle, button = QPointF(target.width() / 2, target.height() / 2), Qt.MouseButton.MiddleButton
    angles = (2 * np.pi * np.arange(1, FRAMES + 1) / FRAMES).tolist()
    spots = [middle + QPointF(PAN_PX * math.sin(angle), PAN_PX * (1 - math.cos(angle))) for angle in angles]
    figures: Figures = {}
    for size in CODES:
        random = np.random.default_rng(size)
        points = random.standard_normal((size, run.setup.latent), np.float32)
        answer = Answer(
            LatentCodesLook(), run.view.status.step, LatentCodes(points, random.integers(0, 10, size), None)
        )
        run.board.change(partial(_with_answer, answer))
        _drawn_ms(lambda: target.refresh(run.view))
        mouse(target, QEvent.Type.MouseButtonPress, middle, button)
        times = [_drawn_ms(partial(mouse, target, QEvent.Type.MouseMove, spot, button)) for spot in spots]
        mouse(target, QEvent.Type.MouseButtonRelease, middle, button)
        assert run.view.looks.of(LatentCodesLook) is answer
        rate = 1000 / statistics.median(times)
        figures[str(size)] = {"frames_per_second": round(rate, 1)}
        log(f"a map of {size:,} codes pans at {rate:.0f} frames/s")
    return figures


def _with_history(table: Table, view: View) -> View:
    return dataclasses.replace(view, history=table)


def _with_answer(answer: Answer[LatentCodes], view: View) -> View:
    return dataclasses.replace(view, looks=view.looks.plus(answer))


# --- the engine ------------------------------------------------------------------------------------------------------


def _training(device_dataset: DeviceDataset, network: str, dims: int) -> Training:
    config = MODELS.get("vae").Config(hidden=HIDDEN["vae"])
    return Training("vae", config, Setup(network=network, latent=dims, batch=BATCH, seed=0), device_dataset)


def _samples(trainings: dict[str, Training], seconds: float) -> dict[str, int]:
    """Training samples per second of each, in a thread set up as a trainer's."""

    def rate(training: Training, length: float) -> float:
        before, began = training.step, time.perf_counter()
        while (spent := time.perf_counter() - began) < length:
            training.advance()
            if training.rows_waiting == BUFFER_ROWS:
                training.take_rows()
        return BATCH * (training.step - before) / spent

    def measure() -> dict[str, int]:
        for training in trainings.values():
            rate(training, seconds / 4)
        rounds = [{name: rate(training, seconds) for name, training in trainings.items()} for _ in range(ROUNDS)]
        return {name: round(statistics.median(rates[name] for rates in rounds)) for name in trainings}

    with ThreadPoolExecutor(1, "bench", devices.settle_in_thread, (devices.fair_threads(1),)) as pool:
        return pool.submit(measure).result()


def latent(seconds: float, log: Log) -> Figures:
    """Speed of training and decoding by latent dimensions."""
    device_dataset = DeviceDataset(load("mnist"), devices.choose("cpu"))
    trainings = {str(dims): _training(device_dataset, "mlp", dims) for dims in LATENTS}
    figures: Figures = {}
    for name, speed in _samples(trainings, seconds).items():
        decode_ms = _decode_ms(trainings[name], int(name))
        figures[name] = {"samples_per_second": speed, "decode_ms": round(decode_ms, 3)}
        log(f"{name} latent dimensions train {speed:,} samples/s and decode one z in {decode_ms:.2f} ms")
    return figures


def _decode_ms(training: Training, dims: int) -> float:
    """Median time to decode one z in this thread, as a drag does, ms."""
    devices.look_with_one_thread()
    snapshot = training.snapshot()
    times = []
    for z in np.random.default_rng(0).standard_normal((DECODES, 1, dims), np.float32):
        began = time.perf_counter()
        snapshot.decode(z)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def image(seconds: float, log: Log) -> Figures:
    """Speed of training by image size, with dense layers and with convolutions."""
    figures: Figures = {}
    for side in SIDES:
        pixels = np.random.default_rng(side).integers(0, 256, (IMAGES, 1, side, side), np.uint8)
        device_dataset = DeviceDataset(Dataset("noise", "Noise", Images(pixels), Images(pixels)), devices.choose("cpu"))
        speeds = _samples({network: _training(device_dataset, network, LATENT) for network in ("mlp", "conv")}, seconds)
        figures[str(side)] = {network: {"samples_per_second": speed} for network, speed in speeds.items()}
        log(f"images of {side} px train {speeds['mlp']:,} samples/s, by convolutions {speeds['conv']:,}")
    return figures


def lanes(seconds: float, log: Log) -> Figures:
    """Steps per second of all lanes together, without a window."""
    data = load("mnist")
    figures: Figures = {}
    for count in LANES:
        experiment = Experiment(Setup(network="mlp", device="cpu"), data, ("vae",) * count)
        try:
            for run in experiment.runs:
                run.board.wait(lambda view: view.status.state != "building", PATIENCE_S)
            _steps(experiment, seconds / 4)
            rate = statistics.median(_steps(experiment, seconds) for _ in range(ROUNDS))
        finally:
            experiment.close()
        figures[str(count)] = {"steps_per_second": round(rate, 1)}
        log(f"{count} at once take {rate:.0f} steps/s together")
    return figures


def _steps(experiment: Experiment, seconds: float) -> float:
    """Steps per second of all lanes, counted while they are paused: views of a training lane lag behind."""
    before = {run: run.view.status.step for run in experiment.runs}
    began = time.perf_counter()
    experiment.start()
    _wait(experiment, "training")  # a pause that overtakes the start would leave nothing to count
    time.sleep(seconds)
    experiment.pause()
    _wait(experiment, "paused")
    spent = time.perf_counter() - began
    return sum(run.view.status.step - step for run, step in before.items()) / spent


def _wait(experiment: Experiment, state: str) -> None:
    """Wait until every lane says that it is in that state."""
    for run in experiment.runs:
        run.board.wait(lambda view: view.status.state == state, PATIENCE_S)

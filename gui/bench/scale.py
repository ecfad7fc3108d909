"""``latent-playground bench scale``: what more steps, codes, dimensions, pixels and lanes cost.

History and map are measured on the real window with its clock at rest, everything else without a window. Training speed
is the step's alone, with the threads of a lone lane; stretches that are compared take turns.
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
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt

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
from core.training.snapshot import Snapshot, freeze
from core.training.training import BUFFER_ROWS, Training, columns_of
from gui.bench.window import drop, mouse, open_window, wait
from gui.lineup.rows.loss import NUMBERS_S
from gui.shell.app import make_app

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from gui.shell.window import MainWindow

STEPS = (10_000, 100_000, 1_000_000, 10_000_000)
CODES = (1_000, 10_000, 60_000, 1_000_000)
LATENTS = (2, 8, 16, 64)
SIDES = (28, 32, 48, 64)
LANES = (1, 2, 3, 4, 5)
DRAWS = 7
FRAMES = 40
PAN_PX = 60
IMAGES = 512
DECODES = 200
STRETCHES = 3
PATIENCE_S = 60.0

Tell = Callable[[str], None]
Figures = dict[str, dict[str, Any]]


def scale(seconds: float, tell: Tell) -> dict[str, Figures]:
    """Every part; ``seconds`` is twice the length of one stretch."""
    make_app()
    stretch = seconds / 2
    return {
        **looks(tell),
        "latent": latent(stretch, tell),
        "image": image(stretch, tell),
        "lanes": lanes(stretch, tell),
    }


# --- the window ------------------------------------------------------------------------------------------------------


def looks(tell: Tell) -> dict[str, Figures]:
    """What is seen of one lane that rests."""
    collecting = gc.isenabled()
    gc.disable()
    window, experiment = open_window(("vae",))
    try:
        window.clock.stop()  # nothing but ours is drawn, and no background look replaces what we put on the board
        run = experiment.runs[0]
        run.step()
        run.board.wait(partial(_rests_after, 0), PATIENCE_S)
        wait(0.3)
        return {"history": history(window, run, tell), "map": codes(window, run, tell)}
    finally:
        drop(window)
        if collecting:
            gc.enable()


def _drawn_ms(work: Callable[[], Any]) -> float:
    """How long something takes with the painting that follows from it."""
    began = time.perf_counter()
    work()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
    return (time.perf_counter() - began) * 1000


def fill(kept: History, first: int, last: int) -> None:
    """Random rows of a VAE for the steps after ``first`` up to ``last``, in blocks as the trainer appends them."""
    random = np.random.default_rng(first)
    for at in range(first, last, BUFFER_ROWS):
        step = np.arange(at + 1, min(at + BUFFER_ROWS, last) + 1)
        bent, rate = random.normal(100.0, 10.0, len(step)), random.uniform(15.0, 25.0, len(step))
        kept.append(np.stack([step, step / 1000, bent + rate, bent, rate, bent + rate], 1))


def history(window: MainWindow, run: Run, tell: Tell) -> Figures:
    """What many steps hold in memory, and how long the chart takes with new rows and the numbers due."""
    panel = window.lineup.panel("loss", run)
    assert panel is not None
    found: Figures = {}
    for size in STEPS:
        kept = History(columns_of(run.model_name))
        fill(kept, 0, size)
        held, times = kept.bytes / 1e6, []
        for end in range(size, size + DRAWS * BUFFER_ROWS, BUFFER_ROWS):
            fill(kept, end, end + BUFFER_ROWS)
            run.board.change(partial(_with_history, kept.table()))
            wait(1.2 * NUMBERS_S)
            times.append(_drawn_ms(lambda: panel.refresh(run.view)))
        found[str(size)] = {"mb": round(held, 3), "draw_ms": round(statistics.median(times), 2)}
        tell(f"{size:,} steps hold {held:.2f} MB and are drawn in {statistics.median(times):.2f} ms")
    return found


def codes(window: MainWindow, run: Run, tell: Tell) -> Figures:
    """Frames per second of a map with many codes while the middle button pans it."""
    target = window.lineup.panel("map", run)
    assert target is not None
    window.desk.set_map_style("codes")
    middle, button = QPointF(target.width() / 2, target.height() / 2), Qt.MouseButton.MiddleButton
    turns = (2 * np.pi * np.arange(1, FRAMES + 1) / FRAMES).tolist()
    way = [middle + QPointF(PAN_PX * math.sin(turn), PAN_PX * (1 - math.cos(turn))) for turn in turns]
    found: Figures = {}
    for size in CODES:
        random = np.random.default_rng(size)
        points = random.standard_normal((size, run.setup.latent), np.float32)
        answer = Answer(
            LatentCodesLook(), run.view.status.step, LatentCodes(points, random.integers(0, 10, size), None)
        )
        run.board.change(partial(_with_answer, answer))
        _drawn_ms(lambda: target.refresh(run.view))
        mouse(target, QEvent.Type.MouseButtonPress, middle, button)
        times = [_drawn_ms(partial(mouse, target, QEvent.Type.MouseMove, spot, button)) for spot in way]
        mouse(target, QEvent.Type.MouseButtonRelease, middle, button)
        assert run.view.looks.of(LatentCodesLook) is answer
        rate = 1000 / statistics.median(times)
        found[str(size)] = {"frames_per_second": round(rate, 1)}
        tell(f"a map of {size:,} codes pans at {rate:.0f} frames/s")
    return found


def _with_history(table: Table, view: View) -> View:
    return dataclasses.replace(view, history=table)


def _with_answer(answer: Answer[LatentCodes], view: View) -> View:
    return dataclasses.replace(view, looks=view.looks.plus(answer))


# --- the engine ------------------------------------------------------------------------------------------------------


def _training(device_dataset: DeviceDataset, network: str, dims: int) -> Training:
    config = MODELS.get("vae").Config(hidden=HIDDEN["vae"])
    return Training("vae", config, Setup(network=network, latent=dims, batch=BATCH, seed=0), device_dataset)


def _samples(trainings: dict[str, Training], seconds: float) -> dict[str, int]:
    """Samples per second of each, in a thread like a trainer's."""

    def rate(training: Training, length: float) -> float:
        before, began = training.step, time.perf_counter()
        while (spent := time.perf_counter() - began) < length:
            training.advance()
            if training.rows_waiting == BUFFER_ROWS:
                training.take_rows()
        return BATCH * (training.step - before) / spent

    def work() -> dict[str, int]:
        for training in trainings.values():
            rate(training, seconds / 4)
        turns = [{name: rate(training, seconds) for name, training in trainings.items()} for _ in range(STRETCHES)]
        return {name: round(statistics.median(turn[name] for turn in turns)) for name in trainings}

    with ThreadPoolExecutor(1, "bench", devices.settle_in_thread, (devices.fair_threads(1),)) as pool:
        return pool.submit(work).result()


def latent(seconds: float, tell: Tell) -> Figures:
    """Training and decoding with more latent dimensions."""
    device_dataset = DeviceDataset(load("mnist"), devices.choose("cpu"))
    trainings = {str(dims): _training(device_dataset, "mlp", dims) for dims in LATENTS}
    found: Figures = {}
    for name, speed in _samples(trainings, seconds).items():
        decode_ms = _decode_ms(trainings[name], int(name))
        found[name] = {"samples_per_second": speed, "decode_ms": round(decode_ms, 3)}
        tell(f"{name} latent dimensions train {speed:,} samples/s and decode one z in {decode_ms:.2f} ms")
    return found


def _decode_ms(training: Training, dims: int) -> float:
    """One z at a time, in this thread, as a drag decodes it."""
    devices.look_with_one_thread()
    snapshot = Snapshot(freeze(training.model), training.step, 0, training.config)
    times = []
    for z in np.random.default_rng(0).standard_normal((DECODES, 1, dims), np.float32):
        began = time.perf_counter()
        snapshot.decode(z)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def image(seconds: float, tell: Tell) -> Figures:
    """Training on larger images, with dense layers and with convolutions."""
    found: Figures = {}
    for side in SIDES:
        pixels = np.random.default_rng(side).integers(0, 256, (IMAGES, 1, side, side), np.uint8)
        device_dataset = DeviceDataset(Dataset("noise", "Noise", Images(pixels), Images(pixels)), devices.choose("cpu"))
        speeds = _samples({network: _training(device_dataset, network, LATENT) for network in ("mlp", "conv")}, seconds)
        found[str(side)] = {network: {"samples_per_second": speed} for network, speed in speeds.items()}
        tell(f"images of {side} px train {speeds['mlp']:,} samples/s, by convolutions {speeds['conv']:,}")
    return found


def lanes(seconds: float, tell: Tell) -> Figures:
    """Steps of all lanes together, without a window."""
    data = load("mnist")
    found: Figures = {}
    for count in LANES:
        experiment = Experiment(Setup(network="mlp", device="cpu"), data, ("vae",) * count)
        try:
            for run in experiment.runs:
                run.board.wait(lambda view: view.status.state != "building", PATIENCE_S)
            _steps(experiment, seconds / 4)
            rate = statistics.median(_steps(experiment, seconds) for _ in range(STRETCHES))
        finally:
            experiment.close()
        found[str(count)] = {"steps_per_second": round(rate, 1)}
        tell(f"{count} at once take {rate:.0f} steps/s together")
    return found


def _steps(experiment: Experiment, seconds: float) -> float:
    """Steps per second from rest to rest: exact, where views of a running lane come only now and then."""
    before = {run: run.view.status.step for run in experiment.runs}
    began = time.perf_counter()
    experiment.start()
    time.sleep(seconds)
    experiment.pause()
    for run, step in before.items():
        run.board.wait(partial(_rests_after, step), PATIENCE_S)
    spent = time.perf_counter() - began
    return sum(run.view.status.step - step for run, step in before.items()) / spent


def _rests_after(step: int, view: View) -> bool:
    return view.status.state == "paused" and view.status.step > step

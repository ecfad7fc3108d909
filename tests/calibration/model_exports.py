"""Models that leave: weights read by safetensors, networks by onnxruntime, scripts by a process without the program."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors import safe_open

from core.foundation.pixels import as_floats
from tests.calibration.data_exports import opened, pictures, tiles
from tests.calibration.exported_run import (
    DECODED,
    FIRST_LOSSES,
    FLOAT32,
    ExportedRun,
    Row,
    apart,
    called,
    differing,
    draws,
    largest,
    python,
)

OPSET = 18
MOST_LINES = 150
UNIT = 0.02
"""Largest difference of the unit of codes, which a script takes from all images and a run from a sample of them."""
SIZES = (1, 3, 64)
"""Batches that an ONNX file is given."""


def weights(run: ExportedRun) -> Iterator[Row]:
    """The file holds the tensors of the run, by name, to the bit."""
    file = run.out / "model.safetensors"
    called("export", run.folder, "--to", "safetensors", "--out", file)
    with safe_open(file, "pt") as read:
        tensors = {name: read.get_tensor(name) for name in list(read.keys())}
        about = read.metadata()
    ours = run.saved.weights
    lost = float("inf") if tensors.keys() != ours.keys() else 0.0
    lost += sum(differing(ours[name].numpy(), tensors[name].numpy()) for name in ours if name in tensors)
    lost += about["model"] != run.saved.model or about["step"] != str(run.saved.step)
    yield run.row("safetensors, weights", lost)


# --- ONNX ------------------------------------------------------------------------------------------------------------


def onnx_files(run: ExportedRun) -> Iterator[Row]:
    """Encoder, decoder and discriminator or critic, on batches of several sizes that the exporter has not seen."""
    folder, snapshot = run.out / "onnx", run.snapshot
    called("export", run.folder, "--to", "onnx", "--out", folder)
    wanted = {"decoder"} | ({"encoder"} if run.has_encoder else set())
    judges = snapshot.model.judges
    wanted |= {"discriminator" if judges == "probability" else "critic"} if judges else set()
    found = {file.stem for file in folder.iterdir()}
    if found != wanted:
        yield run.row("ONNX, files", np.inf, 0, f"{sorted(found)}, not {sorted(wanted)}")
    x = as_floats(run.dataset.test.pixels[: max(SIZES)])
    z = draws(max(SIZES), snapshot.shape.latent, 5)
    for name in sorted(wanted):
        proto = onnx.load(folder / f"{name}.onnx")
        opset = next(each.version for each in proto.opset_import if not each.domain)
        session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
        given, worst = z if name == "decoder" else x, 0.0
        for count in SIZES:
            theirs = session.run(None, {session.get_inputs()[0].name: given[:count]})
            ours = _said(run, name, given[:count])
            worst = max(worst, np.inf if len(ours) != len(theirs) else 0.0)
            worst = max(worst, *(largest(a, b, size) for (a, size), b in zip(ours, theirs, strict=False)))
        worst = worst if opset == OPSET else np.inf
        yield run.row(f"ONNX, {name}", worst, DECODED if name == "decoder" else FLOAT32)


def _said(run: ExportedRun, name: str, given: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """What the snapshot says, and the size of the numbers that cancel in it."""
    snapshot, one = run.snapshot, np.ones(1)
    if name == "decoder":
        return [(snapshot.decode(given), one)]
    if name == "encoder":
        codes = snapshot.encode(given)
        assert codes is not None
        mean, std = snapshot.scale or (np.zeros(1), np.ones(1))
        spread = [] if codes.sigma is None else [(2 * np.log(codes.sigma), one)]
        return [(codes.mu, np.maximum(1, np.abs(mean) / std)), *spread]
    with torch.inference_mode():
        scores = snapshot.model.judge(torch.from_numpy(given))
    assert scores is not None
    return [(scores.numpy(), one)]


# --- script ----------------------------------------------------------------------------------------------------------


def script(run: ExportedRun) -> Iterator[Row]:
    """The script, carried to another place, draws the same samples; it trains with the same losses."""
    made, folder = run.out / "script", run.out / "elsewhere"
    printed = called("export", run.folder, "--to", "script", "--out", made)
    shutil.copytree(made, folder)
    file = folder / f"{run.setting.model}.py"
    text = file.read_text("utf-8")
    modules = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    foreign = modules - {"argparse", "copy", "functools", "hashlib", "math", "pathlib", "numpy", "torch"}
    yield run.row("script, foreign modules", len(foreign), 0, ", ".join(sorted(foreign)))
    yield run.row("script, lines too many", max(0, len(text.splitlines()) - MOST_LINES), 0)

    sheet = run.out / "grid.png"
    sampled = called("sample", run.folder, "--out", sheet)
    drawn = python(file)
    hashes = {said.split()[-1].rstrip(".") for said in (printed, sampled, drawn)}
    yield run.row("script, hashes that differ", len(hashes) - 1)
    samples = np.load(folder / "samples.npy")
    yield run.row("script, samples", largest(run.drawn(64, 1), samples), DECODED)
    yield run.row("script, picture of its samples", differing(pictures(samples), tiles(opened(sheet), 64, 8)))
    yield from _trained_again(run, file, text)


def _trained_again(run: ExportedRun, file: Path, text: str) -> Iterator[Row]:
    """``--train``, which is made to print each step with all digits: the losses, and the weights at the end."""
    often = text.replace("if step % 100 == 0 or step == options.steps:", "if True:").replace(":.6g}", ":.17g}")
    file.write_text(often, "utf-8")
    lines = python(file, "--train").splitlines()[:-1]
    told = []
    for line in lines:
        words = line.partition(": ")[2].split()
        told.append(dict(zip(words[::2], map(float, words[1::2]), strict=True)))
    whole = np.inf if len(told) != run.saved.step else 0.0
    yield run.row("script --train, first 5 losses", max(whole, apart(run.terms, told[:FIRST_LOSSES])), DECODED)
    last = dict(zip(run.saved.history.names, run.saved.history.rows[-1], strict=True))
    ours = {name: last[name] for name in told[-1]}  # a run folder keeps six digits
    yield run.row("script --train, last loss", apart([ours], told[-1:]), DECODED)
    with np.load(file.parent / "trained.npz") as again, np.load(file.parent / "weights.npz") as first:
        apart_by = {name: largest(first[name], again[name]) for name in first.files}
    unit = [apart_by.pop(name) for name in ("mean", "std") if name in apart_by]
    yield run.row("script --train, weights", max(apart_by.values()), DECODED)
    if unit:
        yield run.row("script --train, unit of codes", max(unit), UNIT, "of all images, the run's of a sample")

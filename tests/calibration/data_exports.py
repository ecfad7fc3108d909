"""Codes and pictures that leave: tables read by csv and numpy, pictures by Pillow, cut apart by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.datasets.own_picture import like_the_data, tone_of
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats, display
from core.theory.latent_space import lerp
from tests.calibration.exported_run import ExportedRun, Row, called, differing, draws, refused

GAP = 2
"""Gap between the pictures of a sheet, pixels."""
STEPS = 9
"""Pictures of a path."""


def pictures(x: np.ndarray) -> np.ndarray:
    """Images (N, C, H, W) in [0, 1] as bytes, grey (N, H, W) or (N, H, W, 3); points as the program draws them."""
    if x.shape[2:] == (1, 1):
        return display(x)
    seen = np.rint(x.clip(0, 1) * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return seen[..., 0] if seen.shape[3] == 1 else seen


def tiles(sheet: np.ndarray, count: int, columns: int) -> np.ndarray:
    """The pictures of a contact sheet, (N, H, W[, 3])."""
    rows = -(-count // columns)
    height, width = ((side + GAP) // many - GAP for side, many in zip(sheet.shape, (rows, columns), strict=False))
    if sheet.shape[:2] != (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP):
        raise RuntimeError(f"a sheet of {sheet.shape} holds no {rows} × {columns} pictures")
    h, w = height + GAP, width + GAP
    return np.stack([sheet[i // columns * h :, i % columns * w :][:height, :width] for i in range(count)])


def opened(place: Path) -> np.ndarray:
    """The pixels of a picture."""
    with Image.open(place) as image:
        return np.asarray(image)


# --- codes -----------------------------------------------------------------------------------------------------------


def codes(run: ExportedRun) -> Iterator[Row]:
    """Codes of both splits and of one's own pictures, as CSV and NPZ: digits, names, labels."""
    if not run.has_encoder:
        said = refused("encode", run.folder, "--out", run.out / "codes.csv")
        yield run.row("codes, refused", float("no encoder" not in said), 0, said)
        return
    for split in ("test", "train"):
        images = run.dataset.test if split == "test" else run.dataset.train
        found = run.snapshot.encode(as_floats(images.pixels))
        names = [f"{split}/{i}" for i in range(len(images))]
        for kind in ("csv", "npz"):
            file = run.out / f"{split}.{kind}"
            called("encode", run.folder, "--split", split, "--out", file)
            wrong = _of_csv if kind == "csv" else _of_npz
            yield run.row(f"codes of {split}, {kind.upper()}", wrong(run, file, found, names, images.labels))
    if run.dataset.points:
        square = run.out / "square.png"
        Image.new("L", (40, 40)).save(square)
        said = refused("encode", run.folder, square, "--out", run.out / "codes.csv")
        yield run.row("codes of own pictures, refused", float("points" not in said), 0, said)
        return
    own = own_pictures(run)
    found = run.snapshot.encode(seen(run, own))
    for kind in ("csv", "npz"):
        file = run.out / f"own.{kind}"
        called("encode", run.folder, *own, "--out", file)
        wrong = _of_csv if kind == "csv" else _of_npz
        yield run.row(
            f"codes of own pictures, {kind.upper()}", wrong(run, file, found, [each.stem for each in own], None)
        )


def own_pictures(run: ExportedRun) -> list[Path]:
    """Test images as files of one's own."""
    places = [run.out / f"mine {i}.png" for i in range(3)]
    for place, picture in zip(places, pictures(as_floats(run.dataset.test.pixels[:3])), strict=True):
        Image.fromarray(picture).save(place)
    return places


def seen(run: ExportedRun, own: Sequence[Path]) -> Floats:
    """Pictures of one's own as the model gets them, (N, C, H, W)."""
    tone = tone_of(run.dataset)
    return np.stack([like_the_data(place.read_bytes(), tone).seen for place in own])


def _of_csv(run: ExportedRun, file: Path, found: Any, names: list[str], labels: Any) -> float:
    """Fields of a table that are not those of the codes, to the printed digit and back to the bit."""
    with file.open(newline="", encoding="utf-8") as text:
        head, *rows = csv.reader(text)
    dims, sigma = range(1, found.mu.shape[1] + 1), found.sigma
    values = found.mu if sigma is None else np.concatenate([found.mu, sigma], 1)
    columns = ["name", *(["label", "class"] if labels is not None else []), *(f"z{d}" for d in dims)]
    columns += [] if sigma is None else [f"sigma{d}" for d in dims]
    if head != columns or len(rows) != len(names):
        return np.inf
    wrong = 0.0
    for i, row in enumerate(rows):
        wanted = [names[i]] if labels is None else [names[i], str(labels[i]), run.dataset.class_name(int(labels[i]))]
        wrong += wanted + [f"{value:.9g}" for value in values[i].tolist()] != row
    numbers = np.array([row[-values.shape[1] :] for row in rows], np.float32)
    return wrong + differing(values, numbers)


def _of_npz(run: ExportedRun, file: Path, found: Any, names: list[str], labels: Any) -> float:
    with np.load(file, allow_pickle=False) as read:
        wrong = differing(found.mu, read["codes"]) + differing(np.array(names), read["names"])
        wrong += differing(np.full(len(names), -1) if labels is None else labels, read["labels"])
        wrong += 0.0 if found.sigma is None else differing(found.sigma, read["sigma"])
        wrong += float(("sigma" in read.files) != (found.sigma is not None))
        if labels is not None:
            wrong += float(read["class_names"].tolist() != [run.dataset.class_name(i) for i in range(labels.max() + 1)])
    return wrong


def projector(run: ExportedRun) -> Iterator[Row]:
    """The files of the Embedding Projector say the codes, the classes and the pictures of all test images."""
    folder = run.out / "projector"
    if not run.has_encoder:
        said = refused("encode", run.folder, "--to", "projector", "--out", folder)
        yield run.row("projector, refused", float("no encoder" not in said), 0, said)
        return
    called("encode", run.folder, "--to", "projector", "--out", folder)
    images = run.dataset.test
    found = run.snapshot.encode(as_floats(images.pixels))
    assert found is not None
    vectors = np.loadtxt(folder / "vectors.tsv", np.float32, delimiter="\t", ndmin=2)
    yield run.row("projector, vectors", differing(found.mu, vectors))
    lines = [line.split("\t") for line in (folder / "metadata.tsv").read_text("utf-8").splitlines()]
    names = [f"test/{i}" for i in range(len(images))]
    wanted = [[name] for name in names]
    if images.labels is not None:
        classes = [run.dataset.class_name(int(label)) for label in images.labels]
        wanted = [["class", "name"], *([said, name] for said, name in zip(classes, names, strict=True))]
    yield run.row("projector, metadata", float(sum(a != b for a, b in zip(wanted, lines, strict=True))))
    (about,) = json.loads((folder / "projector_config.json").read_text("utf-8"))["embeddings"]
    width, height = about["sprite"]["singleImageDim"]
    sheet = opened(folder / "sprite.png")
    columns = sheet.shape[1] // width
    cut = [sheet[i // columns * height :, i % columns * width :][:height, :width] for i in range(len(images))]
    shown = pictures(as_floats(images.pixels))
    lost = differing(shown, np.stack(cut)) if shown.shape[1:3] == (height, width) else np.inf
    lost += float(about["tensorShape"] != list(found.mu.shape))
    yield run.row("projector, sprite", lost, 0, f"{len(images):,} pictures")


# --- pictures --------------------------------------------------------------------------------------------------------


def sheets(run: ExportedRun) -> Iterator[Row]:
    """Contact sheets of samples and of a path, and of points the same as tables."""
    samples, path = run.drawn(20, 3), run.snapshot.decode(path_of(run, STEPS))
    commands = {
        "sample": (("--n", 20, "--seed", 3), samples, 5),
        "interpolate": (("--steps", STEPS), path, STEPS),
    }
    for command, (words, x, columns) in commands.items():
        place = run.out / f"{command}.png"
        called(command, run.folder, *words, "--out", place)
        yield run.row(f"{command}, PNG", differing(pictures(x), tiles(opened(place), len(x), columns)))
        if run.dataset.points:
            called(command, run.folder, *words, "--out", place.with_suffix(".csv"))
            yield run.row(f"{command}, CSV", _of_rows(run, place.with_suffix(".csv"), x))
        else:
            said = refused(command, run.folder, *words, "--out", place.with_suffix(".csv"))
            yield run.row(f"{command}, CSV refused", float("images" not in said), 0, said)


def path_of(run: ExportedRun, count: int) -> np.ndarray:
    """z (N, D) evenly between the codes of the first two test images; without an encoder, between two draws."""
    ends = draws(10_000, run.snapshot.shape.latent, 1)[:2]
    found = run.snapshot.encode(as_floats(run.dataset.test.pixels[:2]))
    a, b = ends if found is None else found.mu
    return lerp(a, b, np.linspace(0, 1, count, dtype=np.float32))


def _of_rows(run: ExportedRun, file: Path, x: np.ndarray) -> float:
    """Fields of a table of points that are not those values, in the units of the table, to the printed digit."""
    with file.open(newline="", encoding="utf-8") as text:
        head, *rows = csv.reader(text)
    values = x[:, :, 0, 0].astype(np.float64)
    names = [f"x{i + 1}" for i in range(values.shape[1])]
    if (columns := run.saved.data.get("columns")) is not None:
        names, values = columns["names"], values * np.array(columns["unit"]) + np.array(columns["mean"])
    wanted = [[f"{value:.9g}" for value in row] for row in values.tolist()]
    return float(head != names) + float(sum(a != b for a, b in zip(wanted, rows, strict=True)))


def reconstructions(run: ExportedRun) -> Iterator[Row]:
    """One's own pictures drawn again: each alone, and a sheet of pairs."""
    folder = run.out / "again"
    own = own_pictures(run) if not run.dataset.points else [run.out / "square.png"]
    if run.dataset.points:
        Image.new("L", (40, 40)).save(own[0])
    if not run.has_encoder or run.dataset.points:
        said = refused("reconstruct", run.folder, *own, "--out", folder)
        yield run.row("reconstruct, refused", float("encoder" not in said and "points" not in said), 0, said)
        return
    called("reconstruct", run.folder, *own, "--out", folder)
    x = seen(run, own)
    found = run.snapshot.encode(x)
    assert found is not None
    made = pictures(run.snapshot.decode(found.mu))
    alone = np.stack([opened(folder / each.name) for each in own])
    yield run.row("reconstruct, PNG", differing(made, alone))
    both = tiles(opened(folder / "comparison.png"), 2 * len(own), len(own))
    yield run.row("reconstruct, sheet", differing(np.concatenate([pictures(x), made]), both))

"""Latent codes as a table (CSV), as arrays (NPZ), or as the files of the Embedding Projector."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.datasets.base import Dataset, Images, evenly
from core.exports.base import Exported, ExportError, check_folder, write_all
from core.foundation.arrays import Floats, Pixels
from core.foundation.files import write_file
from core.foundation.pixels import as_floats, display
from core.foundation.quoted import printable
from core.foundation.user_error import UserError
from core.training.snapshot import Snapshot

FORMATS = ("csv", "npz", "projector")
LARGEST_SPRITE_PX = 8192
"""Largest side of a sprite that the projector's textures take, pixels."""
NO_LABEL = -1
"""The label of what has none, in an NPZ file."""


@dataclass(frozen=True)
class NamedCodes:
    """Codes ``mu`` (N, D) in units of the map, a name each, and what else is known of them.

    ``sigma`` (N, D) where the encoder has a spread, ``labels`` (N,) with names of classes where there are classes,
    ``pictures`` (N, H, W[, 3]) as the model sees them.
    """

    names: tuple[str, ...]
    mu: Floats
    sigma: Floats | None
    labels: npt.NDArray[np.int64] | None
    class_names: tuple[str, ...]
    pictures: Pixels


def of_split(snapshot: Snapshot, dataset: Dataset, split: str, count: int = 0) -> NamedCodes:
    """The codes of the "train" or "test" images of a dataset, evenly chosen where only ``count`` are wanted.

    Names are "test/17". Raises `UserError` for a model without an encoder.
    """
    images: Images = dataset.train if split == "train" else dataset.test
    chosen = evenly(len(images), count or len(images))
    labels = None if images.labels is None else images.labels[chosen]
    names = tuple(f"{split}/{number}" for number in chosen)
    class_names = () if labels is None else tuple(dataset.class_name(i) for i in range(int(labels.max()) + 1))
    return _encoded(snapshot, names, as_floats(images.pixels[chosen]), labels, class_names)


def of_pictures(snapshot: Snapshot, names: Sequence[str], x: Floats) -> NamedCodes:
    """The codes of pictures ``x`` (N, C, H, W) in [0, 1]. Raises `UserError` for a model without an encoder."""
    return _encoded(snapshot, tuple(names), x, None, ())


def require_encoder(snapshot: Snapshot) -> None:
    """Raises `UserError` for a model without an encoder."""
    if not snapshot.has_encoder:
        title = snapshot.model.title
        raise UserError(
            f"{title}: it only draws and has no encoder, so nothing has a code; take an autoencoder or a VAE"
        )


def _encoded(
    snapshot: Snapshot,
    names: tuple[str, ...],
    x: Floats,
    labels: npt.NDArray[np.int64] | None,
    class_names: tuple[str, ...],
) -> NamedCodes:
    require_encoder(snapshot)
    codes = snapshot.encode(x)
    assert codes is not None
    return NamedCodes(tuple(map(printable, names)), codes.mu, codes.sigma, labels, class_names, display(x))


# --- a table, arrays -------------------------------------------------------------------------------------------------


def write(codes: NamedCodes, kind: str, place: Path) -> Exported:
    """Write codes as one of `FORMATS`: a file, or for "projector" a folder. What is written is read again first.

    Raises `ExportError`, `FileError`.
    """
    if kind == "projector":
        check_folder(place)
        contents = projector(codes)
        _check(codes, _of_tsv(contents["vectors.tsv"]))
        return Exported(write_all(place, contents), 0.0)
    content = table(codes) if kind == "csv" else arrays(codes)
    _check(codes, _of_csv(content, codes) if kind == "csv" else _of_npz(content))
    write_file(place, content)
    return Exported((place,), 0.0)


def table(codes: NamedCodes) -> bytes:
    """CSV: name, label and class where there are any, z1 to zD, and sigma1 to sigmaD where there is a spread.

    Nine digits give each float32 back to the last bit.
    """
    dims = range(1, codes.mu.shape[1] + 1)
    labelled, spread = codes.labels is not None, codes.sigma is not None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ["name", *(["label", "class"] if labelled else []), *(f"z{d}" for d in dims)]
    writer.writerow([*head, *(f"sigma{d}" for d in dims if spread)])
    for i, name in enumerate(codes.names):
        row: list[Any] = [name]
        if codes.labels is not None:
            row += [int(codes.labels[i]), codes.class_names[codes.labels[i]]]
        row += _digits(codes.mu[i])
        row += [] if codes.sigma is None else _digits(codes.sigma[i])
        writer.writerow(row)
    return text.getvalue().encode()


def arrays(codes: NamedCodes) -> bytes:
    """NPZ: ``codes`` and ``sigma`` (N, D) float32, ``labels`` (N,) int64, ``names`` and ``class_names`` as text."""
    held: dict[str, npt.NDArray[Any]] = {"names": np.array(codes.names, np.str_), "codes": codes.mu}
    held["labels"] = np.full(len(codes.names), NO_LABEL, np.int64) if codes.labels is None else codes.labels
    held["class_names"] = np.array(codes.class_names, np.str_)
    if codes.sigma is not None:
        held["sigma"] = codes.sigma
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **held)
    return file.getvalue()


def _digits(values: Floats) -> list[str]:
    return [f"{value:.9g}" for value in values.tolist()]


def _check(codes: NamedCodes, read: Floats) -> None:
    """Raises `ExportError` where what was read back differs in any bit."""
    if not np.array_equal(read, codes.mu, equal_nan=True):
        raise ExportError("the codes read back are not those of the model; nothing was written")


def _of_csv(content: bytes, codes: NamedCodes) -> Floats:
    rows = list(csv.reader(io.StringIO(content.decode())))
    first = rows[0].index("z1")
    numbers = [row[first : first + codes.mu.shape[1]] for row in rows[1:]]
    return np.array(numbers, np.float32).reshape(-1, codes.mu.shape[1])


def _of_npz(content: bytes) -> Floats:
    with np.load(io.BytesIO(content)) as file:
        return np.asarray(file["codes"])


def _of_tsv(content: bytes) -> Floats:
    return np.loadtxt(io.BytesIO(content), np.float32, delimiter="\t", ndmin=2)


# --- the Embedding Projector -----------------------------------------------------------------------------------------


def projector(codes: NamedCodes) -> dict[str, bytes]:
    """The files of the Embedding Projector, by name.

    TensorBoard opens a folder with the ``.pbtxt``, projector.tensorflow.org the ``.json`` or the two ``.tsv``.
    """
    sprite, thumbnail = sprite_of(codes.pictures)
    side = {"width": thumbnail[1], "height": thumbnail[0]}
    shape = list(codes.mu.shape)
    paths = {"tensorPath": "vectors.tsv", "metadataPath": "metadata.tsv"}
    about: dict[str, Any] = {"tensorName": "codes", "tensorShape": shape, **paths}
    about["sprite"] = {"imagePath": "sprite.png", "singleImageDim": [side["width"], side["height"]]}
    pbtxt = (
        'embeddings {\n  tensor_name: "codes"\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n'
        f'  sprite {{\n    image_path: "sprite.png"\n    single_image_dim: {side["width"]}\n'
        f"    single_image_dim: {side['height']}\n  }}\n}}\n"
    )
    return {
        "vectors.tsv": _tsv([_digits(row) for row in codes.mu]),
        "metadata.tsv": _metadata(codes),
        "sprite.png": sprite,
        "projector_config.pbtxt": pbtxt.encode(),
        "projector_config.json": json.dumps({"embeddings": [about]}, indent=2).encode() + b"\n",
    }


def _tsv(rows: Sequence[Sequence[str]]) -> bytes:
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def _metadata(codes: NamedCodes) -> bytes:
    """One column has no head, several have one: so the projector reads them."""
    if codes.labels is None:
        return _tsv([[name] for name in codes.names])
    named = [codes.class_names[label] for label in codes.labels]
    return _tsv([["class", "name"], *([printable(said), name] for said, name in zip(named, codes.names, strict=True))])


def sprite_of(pictures: Pixels) -> tuple[bytes, tuple[int, int]]:
    """A PNG of all pictures (N, H, W[, 3]), row by row in a square, without gaps; and (height, width) of one, pixels.

    Pictures are made smaller where the square would exceed `LARGEST_SPRITE_PX`.
    """
    count, height, width = pictures.shape[:3]
    columns = math.ceil(math.sqrt(count))
    shrink = min(1.0, LARGEST_SPRITE_PX / (columns * max(height, width)))
    height, width = max(1, int(height * shrink)), max(1, int(width * shrink))
    colour = pictures.ndim == 4
    sheet = Image.new("RGB" if colour else "L", (columns * width, columns * height))
    for i, picture in enumerate(pictures):
        small = Image.fromarray(picture)
        if small.size != (width, height):
            small = small.resize((width, height), Image.Resampling.BOX)
        sheet.paste(small, ((i % columns) * width, (i // columns) * height))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue(), (height, width)

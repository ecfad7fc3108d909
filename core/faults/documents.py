"""Mutants of documents: the files inside, each with the right sum, and the ZIP around them."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from core.engine import document, document_file, run_folder
from core.engine.document import ARRAYS, EXPERIMENT, ChosenPicture, Document, Lane, Point
from core.faults.mutants import mutated_bytes, mutated_json
from core.foundation.generations import MANIFEST, manifest_of
from core.models.base import MODELS
from core.theory.latent_space import axis_plane


@dataclass(frozen=True)
class Mutant:
    """The files of a document by name, or the bytes of a whole file."""

    contents: Mapping[str, bytes] | None
    file: bytes = b""


@functools.cache
def _whole(runs: tuple[tuple[tuple[str, bytes], ...], ...]) -> dict[str, bytes]:
    """The files of a document whose lanes are these runs."""
    found = [run_folder.from_contents(Path("run"), dict(run)) for run in runs]
    dims = found[0].setup.latent
    z = np.zeros(dims, np.float32)
    pixels = np.zeros(tuple(found[0].data["shape"]), np.float32)
    lanes = tuple(Lane(run, slot, MODELS.get(run.model).Config()) for slot, run in enumerate(found))
    point = Point(z, z + 1, z - 1, axis_plane(0, 1, dims))
    shown = {"map style": "codes", "classes": [1]}
    whole = Document(found[0].data, found[0].setup, lanes, point, image=ChosenPicture("own", 3, pixels), shown=shown)
    return document.contents_of(whole)


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        head = {document_file.TYPE_ENTRY: document_file.MIME_TYPE.encode(), MANIFEST: manifest_of(contents)}
        for name, content in {**head, **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, document_file.EARLIEST), content)
    return file.getvalue()


def mutated(random: Random, runs: tuple[dict[str, bytes], ...]) -> Mutant:
    """A document of these runs, in which something is changed."""
    contents = dict(_whole(tuple(tuple(run.items()) for run in runs)))
    match random.randrange(6):
        case 0 | 1 | 2:
            contents[EXPERIMENT] = mutated_json(json.loads(contents[EXPERIMENT]), random)
        case 3:
            contents[ARRAYS] = mutated_bytes(contents[ARRAYS], random)
        case 4:
            del contents[random.choice(list(contents))]
        case _:
            return Mutant(None, mutated_bytes(_zipped(contents), random))
    return Mutant(contents)


def read(mutant: Mutant) -> None:
    """Read a mutant. What was understood, written again, must be understood the same."""
    if mutant.contents is None:
        with TemporaryDirectory() as folder:
            place = Path(folder) / "x.lplay"
            place.write_bytes(mutant.file)
            document_file.picture_of(place)
            found = document_file.load(place)
    else:
        found = document.from_contents(Path("x.lplay"), mutant.contents)
    written = document.contents_of(found)
    if document.contents_of(document.from_contents(Path("x.lplay"), written)) != written:
        raise RuntimeError("what was read is written as something else")

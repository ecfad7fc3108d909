"""Mutants of pictures and of archives of pictures."""

from __future__ import annotations

import functools
import gzip
import io
import tarfile
import tempfile
import zipfile
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from core.faults.mutants import TOKENS, mutated_bytes
from core.foundation.reading import no_report
from core.readers import pictures
from core.readers.picture import Framing, PictureError, tensor

SIDE = 12
_NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\1\0", b"\0\1")


@functools.cache
def _pictures() -> tuple[bytes, ...]:
    """One file of each kind."""
    colour = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    grey = colour[:, :, 0]
    kinds: tuple[tuple[Image.Image, str, dict[str, object]], ...] = (
        (Image.fromarray(colour), "PNG", {}),
        (Image.fromarray(grey.astype(np.uint16) * 257), "PNG", {}),
        (Image.fromarray(grey).convert("P"), "GIF", {"save_all": True, "append_images": [Image.fromarray(grey)]}),
        (Image.fromarray(colour), "JPEG", {}),
        (Image.fromarray(colour), "JPEG", {"progressive": True}),
        (Image.fromarray(colour), "WEBP", {}),
        (Image.fromarray(colour), "BMP", {}),
        (Image.fromarray(colour), "TIFF", {}),  # compressed ones would make libtiff print
        (Image.fromarray(grey.astype(np.float32)), "TIFF", {}),
    )
    contents = []
    for image, form, options in kinds:
        file = io.BytesIO()
        image.save(file, form, **options)
        contents.append(file.getvalue())
    return tuple(contents)


@functools.cache
def _archives() -> tuple[bytes, ...]:
    """Archives of those files: ZIP, TAR, and TAR packed by gzip."""
    files = {f"{at % 2}/{at}.png": content for at, content in enumerate(_pictures())}
    packed, tar = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    with tarfile.open(fileobj=tar, mode="w") as archive_in_order:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive_in_order.addfile(info, io.BytesIO(content))
    return packed.getvalue(), tar.getvalue(), gzip.compress(tar.getvalue(), mtime=0)


def mutated_picture(random: Random) -> bytes:
    """A picture file with something changed, cut out or put in."""
    return mutated_bytes(random.choice(_pictures()), random, (*TOKENS, *_NUMBERS))


def read_picture(content: bytes) -> None:
    """Make a tensor of it. Raises `PictureError`."""
    tensor(content, Framing(28))


def mutated_archive(random: Random) -> bytes:
    """An archive with something changed, cut out or put in."""
    return mutated_bytes(random.choice(_archives()), random, (*TOKENS, *_NUMBERS))


def read_archive(content: bytes) -> None:
    """Read all files of an archive. Raises `DataError`."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "archive"
        place.write_bytes(content)
        container, listing = pictures.opened(str(place), lambda: None)
        try:
            read = pictures.read_all(container, listing.entries[:20], Framing(28), no_report)
        finally:
            container.close()
    for skipped in (*listing.skipped, *read.skipped):
        if not skipped.sentence.isprintable():
            raise PictureError(skipped.sentence)

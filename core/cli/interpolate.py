"""``latent-playground interpolate DIR``: the way between the codes of two test images, or between two draws."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.options import MOST_SEED, RUN_FOLDER, add_command, place, whole

MAX_STEPS = 1_000
"""Most images of a way."""
MAX_DRAWS = 10_000
"""Draws of a seed that have a number."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "draw the way between two test images of a saved run; of a model without an encoder, between two samples"
    interpolate = add_command(commands, "interpolate", run, text)
    interpolate.add_argument("folder", metavar="DIR", help=RUN_FOLDER)
    interpolate.add_argument(
        "--from", dest="first", default="0", metavar="I", help="number of a test image (default 0)"
    )
    interpolate.add_argument("--to", dest="last", default="1", metavar="J", help="number of another (default 1)")
    interpolate.add_argument("--steps", default="9", metavar="N", help=f"images, 2 to {MAX_STEPS:,} (default 9)")
    interpolate.add_argument("--arc", action="store_true", help="around the origin (slerp) instead of straight")
    interpolate.add_argument("--seed", default="1", metavar="SEED", help="of the samples (default 1)")
    interpolate.add_argument("--out", default="path.png", metavar="FILE", help="default path.png")


def run(options: argparse.Namespace) -> int:
    """Decode, write and say so."""
    steps, seed = whole(options.steps, "--steps", 2, MAX_STEPS), whole(options.seed, "--seed", 0, MOST_SEED)
    folder, out = place(options.folder, "DIR"), place(options.out, "--out")

    import numpy as np

    from core.cli.saved_run import data_of, opened
    from core.exports.contact_sheet import png_grid
    from core.foundation.files import write_file
    from core.foundation.nouns import of_points
    from core.foundation.pixels import as_floats, display
    from core.theory.latent_space import lerp, prior, slerp

    saved, snapshot = opened(folder)
    pixels = data_of(saved).test.pixels if snapshot.has_encoder else None
    most = (MAX_DRAWS if pixels is None else len(pixels)) - 1
    ends = [whole(options.first, "--from", 0, most), whole(options.last, "--to", 0, most)]
    if pixels is None:
        z = prior(MAX_DRAWS, saved.setup.latent, seed)[ends]
    else:
        codes = snapshot.encode(as_floats(pixels[ends]))
        assert codes is not None
        z = codes.mu
    t = np.linspace(0.0, 1.0, steps, dtype=np.float32)
    images = snapshot.decode((slerp if options.arc else lerp)(z[0], z[1], t))
    write_file(out, png_grid(display(images), columns=steps))
    what = "sample" if pixels is None else "test image"
    said = f"{steps} images from {what} {ends[0]} to {ends[1]} of {saved.model} at step {saved.step:,}"
    print(f"{of_points(said) if snapshot.shape.points else said} in {out}")
    return 0

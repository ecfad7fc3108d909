"""``latent-playground sample DIR``: images of draws from the prior, as one PNG."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.options import MOST_SEED, RUN_FOLDER, add_command, place, whole

MAX_SAMPLES = 10_000
"""Largest number of images that are drawn."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    sample = add_command(commands, "sample", run, "draw images from a saved run")
    sample.add_argument("folder", metavar="DIR", help=RUN_FOLDER)
    sample.add_argument("--n", default="64", metavar="N", help=f"how many images (1 to {MAX_SAMPLES:,}; default 64)")
    sample.add_argument("--out", default="grid.png", metavar="FILE", help="default grid.png")
    sample.add_argument("--seed", default="1", metavar="SEED", help="another seed draws others (default 1)")


def run(options: argparse.Namespace) -> int:
    """Draw, write and say so."""
    count, seed = whole(options.n, "--n", 1, MAX_SAMPLES), whole(options.seed, "--seed", 0, MOST_SEED)
    folder, out = place(options.folder, "DIR"), place(options.out, "--out")

    from core.cli.saved_run import opened
    from core.exports.contact_sheet import png_grid
    from core.exports.script import fingerprint
    from core.foundation.files import write_file
    from core.foundation.pixels import display
    from core.theory.latent_space import prior

    saved, snapshot = opened(folder)
    images = snapshot.decode(prior(count, saved.setup.latent, seed))
    write_file(out, png_grid(display(images)))
    print(f"{count} images of {saved.model} at step {saved.step:,} in {out}, SHA-256 {fingerprint(images)}")
    return 0

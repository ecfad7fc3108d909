"""``latent-playground reconstruct DIR IMAGES…``: one's own pictures through a model's code and back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from core.cli.options import RUN_FOLDER, add_command, place

SHEET = "comparison.png"
"""The picture of all pairs: above what the model saw, below what it made of it."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    reconstruct = add_command(commands, "reconstruct", run, "draw your pictures again by the model of a saved run")
    reconstruct.add_argument("folder", metavar="RUN", help=RUN_FOLDER)
    reconstruct.add_argument("images", nargs="+", metavar="IMAGE", help="your pictures")
    reconstruct.add_argument(
        "--inverted",
        action=argparse.BooleanOptionalAction,
        help="swap dark and light of your pictures; default where the run's data need it",
    )
    reconstruct.add_argument("--out", default="reconstructions", metavar="DIR", help="default reconstructions")


def run(options: argparse.Namespace) -> int:
    """Encode, decode, write, and say how much each picture lost."""
    folder, out = place(options.folder, "RUN"), place(options.out, "--out")
    paths = [place(each, "IMAGE") for each in options.images]

    import numpy as np

    from core.cli import own_pictures
    from core.cli.saved_run import opened
    from core.exports import codes
    from core.exports.base import check_folder, write_all
    from core.exports.contact_sheet import png_grid
    from core.foundation.pixels import display

    check_folder(out)
    saved, snapshot = opened(folder)
    codes.require_encoder(snapshot)
    stems, x = own_pictures.read(saved, snapshot, paths, options.inverted)
    encoded = codes.of_pictures(snapshot, stems, x)
    made = display(snapshot.decode(encoded.mu))
    names = file_names(stems)
    contents = {name: png_grid(made[i : i + 1]) for i, name in enumerate(names)}
    contents[SHEET] = png_grid(np.concatenate([encoded.pictures, made]), columns=len(names))
    write_all(out, contents)
    nats = snapshot.measure(x)["distortion"]
    for path, name, lost in zip(paths, names, nats.tolist(), strict=True):
        print(f"{path}: distortion {lost:.1f} nats, {out / name}")
    print(f"What {saved.model} at step {saved.step:,} saw, and below it what it made of it: {out / SHEET}")
    return 0


def file_names(stems: Sequence[str]) -> list[str]:
    """A file name for each picture: its own, with a number where another picture has it."""
    taken = {SHEET}
    names = []
    for stem in stems:
        name, number = f"{stem}.png", 2
        while name in taken:
            name, number = f"{stem}-{number}.png", number + 1
        taken.add(name)
        names.append(name)
    return names

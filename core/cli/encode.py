"""``latent-playground encode DIR [IMAGES…]``: codes of one's own pictures, or of the run's data, for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.options import RUN_FOLDER, add_command, place
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

FORMATS = ("csv", "npz", "projector")
"""As in `core.exports.codes`, which brings torch."""
SPLITS = ("test", "train")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "write the codes of your pictures, or of the data of a saved run, as a table"
    encode = add_command(commands, "encode", run, text)
    encode.add_argument("folder", metavar="DIR", help=RUN_FOLDER)
    encode.add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        help="your pictures, or folders or archives of them; without any, the run's test images",
    )
    encode.add_argument("--skip", action="store_true", help="pass over pictures that cannot be read, and list them")
    encode.add_argument("--split", choices=SPLITS, default="test", help="which images of the run's data (default test)")
    encode.add_argument(
        "--inverted",
        action=argparse.BooleanOptionalAction,
        help="swap dark and light of your pictures; default where the run's data need it",
    )
    encode.add_argument("--out", default="codes.csv", metavar="FILE", help="default codes.csv")
    encode.add_argument(
        "--to",
        choices=FORMATS,
        help="default by the ending of FILE; projector makes it a folder of the Embedding Projector",
    )


def run(options: argparse.Namespace) -> int:
    """Encode, write, read again, and say so."""
    folder, out = place(options.folder, "DIR"), place(options.out, "--out")
    paths = [place(each, "IMAGE") for each in options.images]
    kind = options.to or _kind_of(out)

    from core.cli import own_pictures
    from core.cli.saved_run import data_of, opened
    from core.exports import codes

    saved, snapshot = opened(folder)
    codes.require_encoder(snapshot)
    skipped: tuple[str, ...] = ()
    if paths:
        pictures = own_pictures.gather(saved, snapshot, paths, options.inverted, options.skip)
        skipped = pictures.skipped
        encoded = codes.of_pictures(snapshot, pictures.names, pictures.x)
    else:
        encoded = codes.of_split(snapshot, data_of(saved), options.split)
    done = codes.write(encoded, kind, out)
    if skipped:
        print(f"skipped: {len(skipped):,}", *skipped, sep="\n  ")
    passed = f", {len(skipped):,} files skipped" if skipped else ""
    count = f"{len(encoded.names):,} codes of {saved.model} at step {saved.step:,}"
    print(f"{count} in {out}{passed}; read again, {done.said}")
    return 0


def _kind_of(out: Path) -> str:
    ending = out.suffix.lower().removeprefix(".")
    if ending not in FORMATS[:2]:
        raise UserError(f"--out: {brief(out)} ends neither in .csv nor in .npz; name such a file, or say --to")
    return ending

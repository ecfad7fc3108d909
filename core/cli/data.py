"""``data``: what can be said of data before anything trains on them, and fetching published ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.cli import downloads

SHOWN = 64
"""Number of images on the sheet of ``check --out``."""

Add = Callable[[Any, str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds a command by its name, what it runs, and a line of help."""


def add_commands(commands: Any, add: Add, words: Sequence[str]) -> None:
    """Add what may follow ``data``; ``words`` are those of the command line."""
    check = add(commands, "check", _check, "say what of a folder of pictures would be trained on, and what is skipped")
    check.add_argument("folder", metavar="DIR", help="a folder of pictures, or a .zip, .tar or .tar.gz of one")
    check.add_argument("--json", action="store_true", help="as one JSON object")
    check.add_argument("--out", metavar="FILE", help=f"a PNG of {SHOWN} of them, as they would be trained on")
    if list(words[:2]) == ["data", "check"]:
        from core.datasets.images import ImagesConfig
        from core.foundation.params import add_options

        add_options(check, ImagesConfig, "how pictures are read", without="data")
    downloads.add_commands(commands, add)


def _check(options: argparse.Namespace) -> int:
    """Read a folder as training would, and print what came of it. `DataError` where nothing can be trained on."""
    from core.datasets.base import load
    from core.datasets.images import ImagesConfig, NoPictures, account
    from core.foundation import strict_json
    from core.foundation.params import from_options

    config = from_options(ImagesConfig, {**vars(options), "data": options.folder})
    try:
        data = load("images", config, _report)
    except NoPictures as error:
        if options.json:
            print(strict_json.dumps({"train": 0, "test": 0, "skipped": error.skipped}, indent=2))
        else:
            _print_skipped(error.skipped)
        raise
    if options.out is not None:
        from core.cli.contact_sheet import png_grid
        from core.datasets.base import evenly
        from core.foundation.files import write_file
        from core.foundation.pixels import display_bytes

        pixels = data.train.pixels
        write_file(Path(options.out), png_grid(display_bytes(pixels[evenly(len(pixels), SHOWN)])))
    if options.json:
        print(strict_json.dumps({"train": len(data.train), "test": len(data.test), **data.origin}, indent=2))
    else:
        print(*account(data), sep="\n")
        _print_skipped(data.origin["skipped"])
    return 0


def _print_skipped(sentences: list[str]) -> None:
    print(f"skipped: {len(sentences):,}", *sentences, sep="\n  ")


def _report(share: float) -> None:
    if sys.stderr.isatty():
        print(f"\r{share:4.0%} read", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

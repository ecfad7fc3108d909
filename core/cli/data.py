"""``data``: what can be said of data before anything trains on them, and fetching published ones."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import place

if TYPE_CHECKING:
    from core.datasets.base import SourceConfig
    from core.datasets.images import ImagesConfig
    from core.foundation.arrays import Pixels

from core.cli import downloads

SHOWN = 64
"""Number of images on the sheet of ``check --out``; with ``--quick`` it is that of the window."""

Add = Callable[[Any, str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds a command by its name, what it runs, and a line of help."""


def add_commands(commands: Any, add: Add, words: Sequence[str]) -> None:
    """Add what may follow ``data``; ``words`` are those of the command line."""
    check = add(commands, "check", _check, "say what of pictures, arrays or a table is trained on, and what is skipped")
    check.add_argument("folder", metavar="DIR", help="a folder or archive of pictures, files of arrays, or a table")
    check.add_argument("--json", action="store_true", help="as one JSON object")
    check.add_argument("--quick", action="store_true", help="look at all names, but at few pictures")
    check.add_argument("--out", metavar="FILE", help="a PNG of some of them, as they would be trained on")
    if list(words[:2]) == ["data", "check"]:
        from core.datasets.base import SOURCES
        from core.foundation.params import add_options

        source = _source(words[2:])
        check.set_defaults(source=source)
        add_options(check, SOURCES.get(source).Config, f"how {source} are read", without=("data",))
    downloads.add_commands(commands, add)


def _source(words: Sequence[str]) -> str:
    """The source that reads the place among these words; its knobs are the options."""
    from core.datasets.kinds import source_of

    for word in words:
        with contextlib.suppress(OSError, ValueError):  # a name that can be none
            if not word.startswith("-") and Path(word).exists():
                return source_of(Path(word))
    return "images"


def _check(options: argparse.Namespace) -> int:
    """Read a folder as training would, and print what came of it. `DataError` where nothing can be trained on."""
    from core.datasets.base import SOURCES
    from core.datasets.images import ImagesConfig, NoPictures
    from core.foundation.params import from_options

    out = None if options.out is None else place(options.out, "--out")
    config = from_options(SOURCES.get(options.source).Config, {**vars(options), "data": options.folder})
    try:
        if options.quick and isinstance(config, ImagesConfig):
            _look(config, options.json, out)
        else:
            _read(options.source, config, options.json, out)
    except NoPictures as error:
        if options.json:
            _print_json({"train": 0, "test": 0, "skipped": error.skipped})
        else:
            _print_skipped(error.skipped)
        raise
    return 0


def _read(source: str, config: SourceConfig, as_json: bool, out: Path | None) -> None:
    """Read everything, as training would, and print what was guessed and left out."""
    from core.datasets import arrays, images, table
    from core.datasets.base import evenly, load

    data = load(source, config, _report)
    pixels = data.train.pixels
    _write_sheet(out, pixels[evenly(len(pixels), SHOWN)])
    account = {"images": images, "arrays": arrays, "table": table}[source].account
    if as_json:
        _print_json({"train": len(data.train), "test": len(data.test), **data.origin})
    else:
        print(*account(data), sep="\n")
        if source != "table":  # which tells of it in its account
            _print_skipped(data.origin["skipped" if source == "images" else "left_out"])


def _look(config: ImagesConfig, as_json: bool, out: Path | None) -> None:
    """Look at names, and at as many pictures as the window does before it reads them all."""
    from core.datasets import first_look
    from core.datasets.image_preview import preview

    seen = preview(config.data, first_look.SHOWN, _report)
    images = seen.images(config)
    _write_sheet(out, images)
    _, channels, side, _ = images.shape
    if not as_json:
        print(
            f"{seen.count:,} pictures by their names; {len(seen.names):,} were looked at",
            f"{side} × {side} pixels in {'colour' if channels == 3 else 'grey'}",
            *([] if seen.test_count is None else [f"{seen.test_count:,} of them are the test"]),
            *(f"  {name}: {count:,}" for name, count in seen.classes.items()),
            sep="\n",
        )
        _print_skipped(seen.skipped)
        return
    facts = {"pictures": seen.count, "test": seen.test_count, "side": side, "channels": channels}
    _print_json({**facts, "classes": dict(seen.classes), "skipped": seen.skipped})


def _write_sheet(out: Path | None, images: Pixels) -> None:
    """A PNG of images (N, C, S, S), where one is wanted."""
    from core.exports.contact_sheet import png_grid
    from core.foundation.files import write_file
    from core.foundation.pixels import display_bytes

    if out is not None:
        write_file(out, png_grid(display_bytes(images)))


def _print_skipped(sentences: Sequence[str]) -> None:
    print(f"skipped: {len(sentences):,}", *sentences, sep="\n  ")


def _print_json(facts: Mapping[str, Any]) -> None:
    from core.foundation import strict_json

    print(strict_json.dumps(facts, indent=2))


def _report(share: float) -> None:
    if sys.stderr.isatty():
        print(f"\r{share:4.0%} read", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

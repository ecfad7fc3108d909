"""``latent-playground film DIR…``: a moving picture of a path of z, all runs side by side."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from core.cli.options import MOST_SEED, RUN_FOLDER, add_command, number, place, whole
from core.foundation.user_error import UserError

if TYPE_CHECKING:
    from core.engine.run_folder import SavedRun
    from core.exports.motion import Lane
    from core.foundation.arrays import Floats
    from core.training.snapshot import Snapshot

PATHS = ("line", "loop", "walk", "slider")
DEFAULT_FRAMES = "48"


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "make a moving picture of saved runs, side by side: GIF, APNG, WebP, MP4 or WebM"
    film = add_command(commands, "film", run, text)
    film.add_argument("folders", nargs="+", metavar="DIR", help=f"{RUN_FOLDER}; up to five")
    film.add_argument(
        "--path",
        choices=PATHS,
        default="line",
        help="line: from I to J; loop: there and back without an end; walk: a random walk from I; slider: I with one"
        " dimension of its code turned (default line)",
    )
    film.add_argument(
        "--from",
        dest="first",
        default="0",
        metavar="I",
        help="number of a test image, and of a sample for a model without an encoder (default 0)",
    )
    film.add_argument("--to", dest="last", metavar="J", help="number of another, for line and loop (default 1)")
    film.add_argument("--arc", action="store_true", help="line and loop around the origin (slerp), not straight")
    film.add_argument("--dim", metavar="D", help="the dimension of a slider, from 1 (default 1)")
    film.add_argument("--reach", metavar="R", help="a slider goes from -R to R, units of the map (default 3)")
    film.add_argument("--seed", default="1", metavar="SEED", help="of the samples and the walk (default 1)")
    film.add_argument("--frames", default=DEFAULT_FRAMES, metavar="N", help=f"2 or more (default {DEFAULT_FRAMES})")
    film.add_argument("--fps", default="12", metavar="F", help="frames a second (default 12; a GIF up to 50)")
    film.add_argument("--size", default="4", metavar="K", help="each pixel K by K large, 1 to 8 (default 4)")
    film.add_argument("--back", action="store_true", help="forwards, then backwards")
    film.add_argument("--once", action="store_true", help="play once, not for ever (a player decides for a video)")
    film.add_argument(
        "--out",
        default="film.gif",
        metavar="FILE",
        help="its ending names the format: .gif, .png or .apng, .webp, .mp4, .webm (default film.gif)",
    )


def run(options: argparse.Namespace) -> int:
    """Decode, write, read again, and say so."""
    _check_combination(options)
    folders, out = [place(each, "DIR") for each in options.folders], place(options.out, "--out")

    from core.engine.lane_names import MOST_LANES
    from core.exports import motion
    from core.exports.motion_files import MOST_FPS, kind_of

    if len(folders) > MOST_LANES:
        raise UserError(f"{len(folders)} runs: at most {MOST_LANES} stand side by side; leave some out")
    fps = whole(options.fps, "--fps", 1, MOST_FPS)
    kind = kind_of(out, fps)  # before anything long begins
    size = whole(options.size, "--size", 1, motion.MOST_SIZE)
    style = motion.Style(size, fps, not options.once, options.back)
    lanes = _lanes(folders, options, fps)
    done = motion.write(lanes, style, out, _show_progress if sys.stderr.isatty() else lambda _: None)
    count, kilobytes = len(lanes[0].z), out.stat().st_size / 1e3
    names = ", ".join(lane.name for lane in lanes)
    print(f"{kind.title} of {count:,} frames of {names} in {out}, {kilobytes:,.1f} kB")
    print(f"R{motion.read_again(done)[1:]}.")
    return 0


def _check_combination(options: argparse.Namespace) -> None:
    """Raises `UserError` for an option that the chosen path does not use: it would be ignored in silence."""
    ends, slider = options.path in ("line", "loop"), options.path == "slider"
    for name, given, used in (
        ("--to", options.last is not None, ends),
        ("--arc", options.arc, ends),
        ("--dim", options.dim is not None, slider),
        ("--reach", options.reach is not None, slider),
        ("--back", options.back, options.path != "loop"),
    ):
        if given and not used:
            raise UserError(f"{name} means nothing for --path {options.path}; leave it out or choose another path")


def _lanes(folders: list[Any], options: argparse.Namespace, fps: int) -> list[Lane]:
    from core.cli.saved_run import opened
    from core.engine.lane_names import Named, lane_names
    from core.exports.motion import MOST_FRAMES, along
    from core.models.base import MODELS

    count = whole(options.frames, "--frames", 2, MOST_FRAMES)
    runs = [opened(folder) for folder in folders]
    named = [Named(slot, MODELS.get(saved.model), saved.config, saved.name) for slot, (saved, _) in enumerate(runs)]
    return [
        along(name.full, snapshot, _path(saved, snapshot, options, count, fps))
        for name, (saved, snapshot) in zip(lane_names(named), runs, strict=True)
    ]


def _path(saved: SavedRun, snapshot: Snapshot, options: argparse.Namespace, count: int, fps: int) -> Floats:
    """The points of z of a run, (count, D)."""
    from core.cli.saved_run import numbered_codes
    from core.exports import motion

    seed = whole(options.seed, "--seed", 0, MOST_SEED)
    ends = {"--from": options.first}
    if options.path in ("line", "loop"):
        ends["--to"] = options.last or "1"
    _, z = numbered_codes(saved, snapshot, ends, seed)
    if options.path == "walk":
        return motion.walk(z[0], count, fps, seed)
    if options.path == "slider":
        dimension = whole(options.dim or "1", "--dim", 1, saved.setup.latent)
        reach = number(options.reach or "3", "--reach", 0.1, 10, float)
        return motion.traversal(z[0], dimension - 1, -reach, reach, count)
    return (motion.loop if options.path == "loop" else motion.line)(z[0], z[1], count, options.arc)


def _show_progress(share: float) -> None:
    print(f"\r{share:4.0%}", end="\n" if share == 1 else "", file=sys.stderr, flush=True)

"""The command line: ``latent-playground`` opens the window; the commands need no display.

torch and gui are imported by the commands that need them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cli import (
    compare,
    completion,
    data,
    desktop,
    encode,
    export,
    film,
    interpolate,
    man,
    qt,
    reconstruct,
    report,
    sample,
    signals,
    sweep,
)
from core.cli.options import (
    PROGRAM,
    RUN_FOLDER,
    Command,
    add_command,
    add_sampler,
    number,
    place,
    print_progress,
    sampler_of,
)
from core.cli.train_options import DEFAULT_DATASET, DEFAULT_MODEL, add_train
from core.foundation import memory
from core.foundation.program import IS_BUNDLE
from core.foundation.quoted import printable
from core.foundation.user_error import UserError
from core.foundation.version import version
from core.remote.homes import Coming, checked_home, preferred_home

FAILED, MISUSED, NO_DISPLAY = 1, 2, 3
"""Exit statuses; those of signals are in `core.cli.signals`."""
EXIT_STATUS = (
    "Exit status: 0 success, 1 failed on the way, 2 misuse, 3 no display, 128 and the number of the signal that ended "
    "it: 130 Ctrl-C, 143 SIGTERM."
)
HOMES = "where lanes are computed: process (default; one beside the window), threads (its own), or a command like ssh's"
COMPUTING = ("sample", "interpolate", "film", "encode", "reconstruct", "export", "report", "compare", "evaluate")
"""Commands that compute with saved weights: with two threads on two busy cores ``evaluate`` takes six times as long."""
STARTS_PYTHON = ("bench", "faults")
"""Commands that run lines of Python in processes of their own."""
EXPERIMENT = ".lplay"
"""How the name of an experiment ends that the window opens."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; without arguments, open the window."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without β must not end the program
            stream.reconfigure(errors="backslashreplace")
    try:
        with signals.handled_by(signals.interrupt):
            return _run(words)
    except SystemExit as stop:  # argparse has printed the reason
        return stop.code if isinstance(stop.code, int) else MISUSED
    except UserError as error:
        return _print_error(str(error), MISUSED if error.is_misuse else FAILED)
    except signals.Interrupted as interrupted:
        return interrupted.status
    except BrokenPipeError:  # the reader closed the pipe, as in `| head -1`
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(words: Sequence[str]) -> int:
    memory.keep_few_arenas()
    if not words or words[0].startswith("--engine") or _is_experiment(words[0]):
        return _window(*_window_options(words))
    if words[0] in ("--info", "--reset"):
        return _info(words) if words[0] == "--info" else _reset(words)
    words, given = sweep.split(words) if words[0] == "sweep" else (words, {})
    options = _parser(words).parse_args(words)
    options.given = given
    command: Command = options.command
    if IS_BUNDLE and words[0] in STARTS_PYTHON:
        raise UserError(f"'{words[0]}' starts Python, which a bundle does not have; install Latent Playground by pip")
    if words[0] in COMPUTING:
        from core.training import devices

        devices.leave_busy_cores()
    return command(options)


def _is_experiment(word: str) -> bool:
    """Whether the first word names an experiment: by its ending, or by a path, as a desktop knows files by content."""
    return word.lower().endswith(EXPERIMENT) or os.path.isabs(word)


def _print_error(sentence: str, status: int) -> int:
    print(f"{PROGRAM}: {printable(sentence)}", file=sys.stderr)
    return status


# --- options -------------------------------------------------------------------------------------------------------


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Autoencoders, VAEs and GANs train side by side, live. Without a command the window opens.",
        epilog=EXIT_STATUS,
        allow_abbrev=False,
    )
    parser.set_defaults(reference=lambda: _parser([""]))
    parser.add_argument("--engine", metavar="HOME", help=HOMES)
    parser.add_argument("--info", action="store_true", help="print versions, device and paths; with --json as JSON")
    parser.add_argument("--reset", action="store_true", help="put all preferences back to their defaults")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {version() or '(not installed)'}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_train(commands, _train, words[1:] if words[0] == "train" else None)
    _add_commands_of_run_folders(commands)
    _add_data(commands, words)
    _add_commands_of_the_program(commands)
    return parser


def _add_commands_of_run_folders(commands: Any) -> None:
    for command in (sweep, sample, interpolate, film, encode, reconstruct, export, report, compare):
        command.add(commands)

    evaluate = add_command(commands, "evaluate", _evaluate, "measure a saved run with everything there is")
    evaluate.add_argument("folder", metavar="DIR", help=RUN_FOLDER)
    evaluate.add_argument("--json", action="store_true", help="as one JSON object")
    add_sampler(evaluate)
    evaluate.add_argument("--data-changed", action="store_true", help="measure on other data than those of the run")


def _add_data(commands: Any, words: Sequence[str]) -> None:
    text = "look at data, or fetch published ones, without training on them"
    parser = commands.add_parser("data", help=text, description=text, allow_abbrev=False)
    data.add_commands(parser.add_subparsers(metavar="WHAT", required=True), add_command, words)


def _add_commands_of_the_program(commands: Any) -> None:
    reproduce = add_command(
        commands, "reproduce", _reproduce, "train what others published and put our numbers beside theirs"
    )
    reproduce.add_argument("--quick", action="store_true", help="the part that takes minutes, with fewer seeds")
    reproduce.add_argument("--out", default="reproduction", metavar="DIR", help="default reproduction")

    demo = add_command(commands, "demo", _demo, "run the real window without a display and take pictures of it")
    demo.add_argument("--seconds", default="30", metavar="S", help="how long it trains (default 30)")
    demo.add_argument("--out", default="demo-pictures", metavar="DIR", help="default demo-pictures")

    bench = add_command(
        commands, "bench", _bench, "measure speed and smoothness on this machine, as ratios within one run"
    )
    bench.add_argument(
        "part",
        nargs="?",
        default="all",
        choices=("engine", "window", "information", "start", "scale", "soak", "all"),
        help="default all, which is all but soak: ten minutes at work, and whether memory grows",
    )
    bench.add_argument("--json", metavar="FILE", help="write every figure there")
    lengths = "length of one stretch (default 1), or of the whole soak (default 600)"
    bench.add_argument("--seconds", metavar="S", help=lengths)

    faults = add_command(
        commands, "faults", _faults, "hurt the program on purpose, many times, and say what did not hold"
    )
    faults.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these alone; default all")
    faults.add_argument("--quick", action="store_true", help="a short form of each")
    faults.add_argument("--tries", metavar="N", help="each so many times, one after another")
    faults.add_argument("--seed", default="1", metavar="SEED", help="other tries (default 1)")
    faults.add_argument("--json", action="store_true", help="as one JSON object")

    engine = add_command(commands, "engine", _engine, "compute for a window over standard input and output")
    engine.add_argument(
        "--linger", metavar="SECONDS", help="go on so long without a link (default: what the window says, 600)"
    )
    engine.add_argument("--listen", type=int, metavar="FD", help=argparse.SUPPRESS)
    engine.add_argument("--memory", type=int, metavar="FD", help=argparse.SUPPRESS)

    for command in (desktop, completion, man):
        command.add(commands)

    manual = add_command(commands, "manual", _manual, "write the manual as HTML that works without a network")
    manual.add_argument("--out", default="manual", metavar="DIR", help="default manual")
    manual.add_argument("--shipped", action="store_true", help="renew the pages that come with a checkout instead")

    doctor = add_command(
        commands, "doctor", _doctor, "say what this machine brings, and the line that brings what is missing"
    )
    doctor.add_argument("--json", action="store_true", help="as one JSON object")


# --- commands ------------------------------------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> int:
    from core.cli.train import train
    from core.engine.order import Order

    options.out = None if options.out is None else place(options.out, "--out")
    if options.resume is None and options.experiment is None:
        options.model, options.dataset = options.model or DEFAULT_MODEL, options.dataset or DEFAULT_DATASET
        return train(Order.from_options(vars(options)), options.json)
    if options.model or options.dataset:
        given = "--model" if options.model else "--dataset"
        goes_on = "--resume" if options.resume else "--experiment"
        raise UserError(f"{goes_on} goes on with a run's own model and data; leave out {given}")
    if options.experiment is not None:
        from core.cli.train_experiment import train_experiment

        if options.resume is not None:
            raise UserError("--resume is of one run, --experiment of all lanes of a file; leave out one of them")
        return train_experiment(place(options.experiment, "--experiment"), vars(options), options.json)
    return train(Order.to_resume(place(options.resume, "--resume"), vars(options)), options.json)


def _evaluate(options: argparse.Namespace) -> int:
    from core.cli.evaluate import evaluate

    sampler, folder = sampler_of(options.sampler), place(options.folder, "DIR")
    return evaluate(folder, sampler, options.json, print_progress, options.data_changed)


def _reproduce(options: argparse.Namespace) -> int:
    from core.reproduction.report import reproduce

    return reproduce(place(options.out, "--out"), options.quick, print_progress)


def _bench(options: argparse.Namespace) -> int:
    """Run the benchmarks, print the table, write the JSON."""
    from core.benchmarks import busy, engine, targets
    from core.foundation import strict_json
    from core.foundation.files import write_file

    default, least, most = ("600", 1.0, 86_400.0) if options.part == "soak" else ("1", 0.05, 60.0)
    seconds = number(default if options.seconds is None else options.seconds, "--seconds", least, most, float)
    out = None if options.json is None else place(options.json, "--json")
    figures: dict[str, Any] = {}
    if options.part != "engine":
        qt.torch_before_qt()
        qt.offscreen_where_no_display()
        from gui.bench import first_digits, information, reactions, scale, soak
        from gui.bench import window as window_bench

        if options.part in ("window", "all"):
            figures["window"] = window_bench.window(seconds, print_progress)
            figures["reactions"] = reactions.reactions(print_progress)
            figures["gan_2d"] = window_bench.gan_2d(seconds, print_progress)
            figures["first_digits"] = first_digits.first_digits(print_progress)
        if options.part in ("information", "all"):
            figures["information"] = information.information(seconds, print_progress)
        if options.part in ("start", "all"):
            figures["start"] = window_bench.start(print_progress)
        if options.part in ("scale", "all"):
            figures["scale"] = scale.scale(seconds, print_progress)
        if options.part == "soak":
            figures["soak"] = soak.soak(seconds, print_progress)
    if options.part in ("engine", "all"):  # last: memory that it leaves behind would count against the window
        figures["busy"] = busy.busy(seconds, print_progress)
        figures["engine"] = engine.engine(seconds, print_progress)
    print(targets.table(figures))
    if out is not None:
        write_file(out, strict_json.dumps(figures, indent=2).encode() + b"\n")
    return 0


def _engine(options: argparse.Namespace) -> int:
    from core.remote.serving import serve
    from core.remote.session import LONGEST_LINGER_S

    linger_s = None if options.linger is None else number(options.linger, "--linger", 0, LONGEST_LINGER_S, float)
    return serve(linger_s, options.listen, options.memory)


def _faults(options: argparse.Namespace) -> int:
    from core.faults import harness
    from core.faults.all import FAULTS
    from core.foundation import strict_json

    seed = int(number(options.seed, "--seed", 0, 2**31 - 1, int))
    tries = None if options.tries is None else int(number(options.tries, "--tries", 1, 10**6, int))
    faults = harness.chosen(FAULTS, options.only)
    if options.quick or tries is not None:
        results = harness.run(faults, options.quick, seed, print_progress, tries)
    else:
        results = harness.run_in_pieces(faults, seed, print_progress)
    print(strict_json.dumps(harness.report(results), indent=2) if options.json else harness.table(results))
    return FAILED if any(each.failures for each in results) else 0


def _manual(options: argparse.Namespace) -> int:
    from core.cli import manual

    return manual.write(_parser(("manual",)), manual.SHIPPED if options.shipped else place(options.out, "--out"))


def _doctor(options: argparse.Namespace) -> int:
    from core.cli import doctor

    return doctor.run(sys.stdout, options.json)


def _demo(options: argparse.Namespace) -> int:
    seconds, out = number(options.seconds, "--seconds", 1, 3600, float), place(options.out, "--out")
    qt.torch_before_qt()
    with signals.handled_by(signals.end_at_once):  # an error that is raised in a slot of Qt ends nothing
        try:
            from gui.bench.demo import run
        except ImportError as error:
            return _print_error(qt.why_missing(error), FAILED)
        return run(seconds, out)


def _info(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(PROGRAM, allow_abbrev=False)
    parser.add_argument("--info", action="store_true")
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args(words).json
    from core.cli import info

    return info.run(sys.stdout, as_json)


def _reset(words: Sequence[str]) -> int:
    """Put the settings file aside. Experiments, runs and unsaved work are other files."""
    parser = argparse.ArgumentParser(PROGRAM, allow_abbrev=False)
    parser.add_argument("--reset", action="store_true")
    parser.parse_args(words)
    from core.foundation.settings_file import put_aside, settings_file

    aside = put_aside()
    if aside is None:
        print(f"All preferences are at their defaults already: there is no {settings_file()}")
    else:
        print(f"All preferences are at their defaults. The old ones are in {aside}")
        print("Experiments, runs and unsaved work are untouched")
    return 0


def _window_options(words: Sequence[str]) -> tuple[str | None, Path | None]:
    """Where the window's lanes are to be computed, and the experiment that it opens. Raises `UserError`."""
    parser = argparse.ArgumentParser(PROGRAM, allow_abbrev=False)
    parser.add_argument("--engine")
    parser.add_argument("experiment", nargs="?")
    options = parser.parse_args(words)
    file = None if options.experiment is None else place(options.experiment, "experiment")
    if file is not None and not file.exists():
        raise UserError(f"there is no experiment {file}")
    return None if options.engine is None else checked_home(options.engine), file


def _window(home: str | None = None, experiment: Path | None = None) -> int:
    """Open the window. ``home`` is what the command line says, which wins over the preferences."""
    from core.cli.doctor import qt_platform
    from core.foundation import cores

    if qt_platform(sys.platform, os.environ) is None:
        ways_out = "'demo' runs the window all the same and takes pictures of it, 'train' trains without one"
        return _print_error(f"there is no display to open the window on; {ways_out}", NO_DISPLAY)
    cores.take_preference()
    # first: it starts while all else is imported
    coming = Coming(preferred_home() if home is None else home, is_asked=home is not None)
    qt.torch_before_qt()
    gc.disable()  # what is imported stays; and see `gui.shell.app.main`
    with signals.handled_by(signals.end_at_once):  # until the window is there: it closes itself
        try:
            from gui.shell.app import main as open_window
        except ImportError as error:
            coming.drop()
            return _print_error(qt.why_missing(error), FAILED)
        return open_window([], coming, experiment)

"""``latent-playground sweep``: many runs by one plan, on processes of this machine or on Ray, each one measured."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import signals
from core.cli.options import PROGRAM, add_command, number, place, print_progress, sampler_of, whole
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

if TYPE_CHECKING:
    from core.cli.sweep_voices import SweepVoice
    from core.sweeps.home import Home
    from core.sweeps.outcome import Outcome
    from core.sweeps.plan import Plan

MOST_WORKERS = 1_024
MOST_RETRIES = 100
FAILED = 1
"""Exit status where a run failed."""
FLAGS = ("--resume", "--json", "--help")
VALUED = (
    *("--vary", "--seeds", "--measure", "--sampler", "--on", "--workers", "--retries"),
    *("--cpus-per-run", "--gpus-per-run", "--save-every", "--out"),
)
"""Options of ``sweep`` itself; every other one is one of ``train``."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    sweep = add_command(commands, "sweep", run, "train many runs by one plan, measure each, and compare them")
    sweep.add_argument(
        "plan", nargs="?", metavar="PLAN", help="a plan.toml, a recipe by its name, or another plan.json"
    )
    vary = "values of a knob, of model or of dataset, each with each other one (a ; where values have commas)"
    sweep.add_argument("--vary", action="append", default=[], metavar="NAME=A,B", help=vary)
    sweep.add_argument("--seeds", metavar="N", help="so many seeds, from 0 on, or a list: 3 or 0,5,7 (default 1)")
    measures = "what is measured of each run at its end: names, or all (default distortion, rate and −ELBO)"
    sweep.add_argument("--measure", action="append", default=[], metavar="NAME,…", help=measures)
    sweep.add_argument("--sampler", metavar="NAME", help="where z of measured samples comes from (default prior)")
    homes = "processes (default), ray (started here), auto (a running Ray), HOST:PORT or ray://HOST:10001"
    sweep.add_argument("--on", default="processes", metavar="HOME", help=homes)
    sweep.add_argument(
        "--workers", metavar="N", help="runs at once (default as many as cores are free; on Ray its own)"
    )
    sweep.add_argument("--retries", default="2", metavar="N", help="how often a run is begun again whose process died")
    sweep.add_argument("--cpus-per-run", default="1", metavar="N", help="on Ray (default 1)")
    sweep.add_argument("--gpus-per-run", default="0", metavar="N", help="on Ray, also a part: 0.25 (default 0)")
    saves = "save each run on its way every N steps, or every 90s, 5m, 1h; 0 only at its end (default 60s)"
    sweep.add_argument("--save-every", metavar="N|TIME", help=saves)
    sweep.add_argument("--out", metavar="DIR", help="where plan, runs, tables and report are written")
    sweep.add_argument("--resume", action="store_true", help="train the rest of the sweep in DIR, which needs no plan")
    sweep.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    sweep.epilog = (
        "All other options are those of 'train', for all runs: 'train --model vae --help' lists them. A run has one "
        "thread unless --threads says more. One large run on several GPUs is not what this is for."
    )


def split(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The words of a sweep without the options of ``train`` among them, and those by name. Raises `UserError`."""
    ours: list[str] = []
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, has_value, value = word.partition("=")
        if not word.startswith("--") or name in FLAGS:
            ours.append(word)
        elif name in VALUED:
            ours += [word] if has_value else [word, *itertools.islice(rest, 1)]
        else:
            if not has_value:
                found = next(rest, None)
                if found is None or found.startswith("--"):
                    raise UserError(f"{brief(name)} has no value; options of train have one, as in --steps 300")
                value = found
            if name[2:] in given:
                raise UserError(f"{brief(name)} stands there twice; say all values that vary by --vary")
            given[name[2:]] = value
    return ours, given


def run(options: argparse.Namespace) -> int:
    """Train, measure and write what comes of it; 1 where a run failed."""
    if options.out is None:
        raise UserError("name the folder of the sweep: --out DIR")
    out = place(options.out, "--out")
    retries = whole(options.retries, "--retries", 0, MOST_RETRIES)

    from core.cli.sweep_voices import voice_of
    from core.engine.autosave import Every
    from core.sweeps import folder
    from core.sweeps.train_run import steps_of

    Every.parsed(options.save_every)
    plan = folder.read_plan(out) if options.resume and _asks_nothing(options) else plan_of(options)
    folder.check_place(out, plan, options.resume)
    images = _check_runs(plan)
    steps = {run.number: steps_of(run, count) for run, count in zip(plan.runs, images, strict=True)}
    stop = signals.Stop(lambda: None)
    out_stream = sys.stdout
    with contextlib.ExitStack() as held:
        held.enter_context(contextlib.redirect_stdout(sys.stderr))  # what Ray prints must not stand amid our lines
        home = _home(options, out, plan)
        held.callback(home.close)
        held.enter_context(folder.claimed(out, plan))
        held.enter_context(signals.handled_by(stop))
        voice = voice_of(out_stream, options.json, plan, steps)
        outcomes = _train(out, plan, home, retries, stop, voice)
    return signals.status_of(stop.number) if stop.number else FAILED if any(map(_failed, outcomes)) else 0


def _failed(outcome: Outcome) -> bool:
    return outcome.state == "failed"


def _train(
    out: Path, plan: Plan, home: Home, retries: int, stop: signals.Stop, voice: SweepVoice
) -> tuple[Outcome, ...]:
    """Say what will be trained, train it, write what came of it, and say so."""
    from core.sweeps import folder
    from core.sweeps.home import TRIAL_S, kinds, sweep

    before = folder.outcomes(out, plan)
    waiting = [outcome.run for outcome in before if not outcome.is_over]
    tried = kinds(waiting, home.slots)
    voice.planned(before, home.words)
    paces = home.trial(tried, TRIAL_S) if tried and not stop.number else {}
    voice.began(before, home.slots, {run.number: paces[run.number] for run in tried if run.number in paces})
    with voice.shown():
        outcomes = sweep(out, plan, before, home, voice, retries, lambda: bool(stop.number))
    _write(out, plan, outcomes)
    voice.ended(outcomes, out, signals.name_of(stop.number) if stop.number else "")
    return outcomes


def _write(out: Path, plan: Plan, outcomes: Sequence[Outcome]) -> None:
    """Write the tables and the report. Raises `FileError`."""
    from datetime import datetime

    from core.foundation.files import write_file
    from core.sweeps import folder, tables
    from core.sweeps.report import report

    write_file(out / folder.CSV, tables.csv_of(plan, outcomes))
    write_file(out / folder.JSON, tables.json_of(plan, outcomes))
    write_file(out / folder.REPORT, report(out, plan, outcomes, datetime.now()).encode())


# --- the plan --------------------------------------------------------------------------------------------------------


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that options ask for. Raises `UserError`: one sentence."""
    from core.sweeps import plan_text
    from core.sweeps.asked import Asked
    from core.sweeps.plan import Plan

    given: Mapping[str, str] = options.given
    words = shlex.join([PROGRAM, "sweep", *repeated(options)])
    names = [name for text in options.measure for name in text.split(",") if name]
    if options.measure and not names:
        raise UserError("--measure has no names; name at least one, as in --measure distortion,rate")
    if options.plan is not None:
        for option in ("vary", "seeds", "measure", "sampler"):
            if getattr(options, option):
                raise UserError(f"a plan says what varies; leave out --{option}, or the plan")
        return plan_text.read(_plan_file(options.plan), given, words)
    if not options.vary and options.seeds is None:
        raise UserError("nothing varies; name a plan, or values, as in --vary beta=0.1,1,10, or seeds, as in --seeds 3")
    measures = plan_text.checked_measures(names)
    sampler = sampler_of(options.sampler or "prior")
    fixed = {name: text for name, text in given.items() if name != "seed"}
    grid: dict[str, tuple[str, ...]] = {}
    for text in options.vary:
        name, values = _varied(text)
        if name in grid:
            raise UserError(f"--vary {name} stands there twice; say all its values at once")
        grid[name] = values
    return Plan(Asked(fixed, grid, seeds=_seeds(options.seeds, given)).runs(), measures, sampler, words)


def _asks_nothing(options: argparse.Namespace) -> bool:
    """Whether no option says which runs there are: a sweep that is resumed knows its own."""
    return not (options.plan or options.vary or options.seeds or options.measure or options.sampler or options.given)


def _plan_file(text: str) -> Path:
    from core.sweeps import plan_text

    path = place(text, "PLAN")
    if path.is_file():
        return path
    if (known := plan_text.recipe(text)) is not None:
        return known
    recipes = ", ".join(plan_text.recipes())
    raise UserError(f"there is no plan '{brief(text)}': neither a file nor one of the recipes ({recipes})")


def _varied(text: str) -> tuple[str, tuple[str, ...]]:
    """The name and the values in the text of --vary."""
    name, has_values, values = text.partition("=")
    name = name.strip().removeprefix("--")
    if not has_values or not name:
        raise UserError(f"--vary: '{brief(text)}' names no values; write --vary beta=0.1,1,10")
    parts = values.split(";" if ";" in values else ",")
    found = tuple(each.strip() for each in parts if each.strip())
    if not found:
        raise UserError(f"--vary: {name} has no values; name at least one, as in --vary {name}=1,2")
    return name, found


def _seeds(text: str | None, given: Mapping[str, str]) -> tuple[int, ...]:
    from core.cli.options import MOST_SEED
    from core.sweeps.plan_text import seeds_of

    if text is None:
        return (whole(given.get("seed", "0"), "--seed", 0, MOST_SEED),)
    if "seed" in given:
        raise UserError("--seed and --seeds are both there; leave out one of them")
    if "," in text:
        return tuple(whole(each, "--seeds", 0, MOST_SEED) for each in text.split(",") if each.strip())
    return seeds_of(whole(text, "--seeds", 0, MOST_SEED))


def repeated(options: argparse.Namespace) -> list[str]:
    """The words that ask for the same plan again."""
    words = [] if options.plan is None else [options.plan]
    for name, text in options.given.items():
        words += [f"--{name}", text] if not text.startswith("-") else [f"--{name}={text}"]
    for name, texts in (("vary", options.vary), ("measure", options.measure)):
        for text in texts:
            words += [f"--{name}", text]
    for name in ("seeds", "sampler"):
        if getattr(options, name) is not None:
            words += [f"--{name}", getattr(options, name)]
    return words


def _check_runs(plan: Plan) -> list[int]:
    """Raise `UserError` for runs that cannot be: data that are missing, a network that cannot be built.

    Returns the number of training images of each run.
    """
    from core.sweeps.check_runs import check_runs

    return check_runs(plan, print_progress)


# --- where it runs ---------------------------------------------------------------------------------------------------


def _home(options: argparse.Namespace, out: Path, plan: Plan) -> Home:
    """Where the runs are computed. Raises `UserError`."""
    cpus = number(options.cpus_per_run, "--cpus-per-run", 0.0, MOST_WORKERS, float)
    gpus = number(options.gpus_per_run, "--gpus-per-run", 0.0, MOST_WORKERS, float)
    workers = None if options.workers is None else whole(options.workers, "--workers", 1, MOST_WORKERS)
    if options.on != "processes":
        from core.sweeps import on_ray

        retries = whole(options.retries, "--retries", 0, MOST_RETRIES)
        return on_ray.home(options.on, out, plan, workers, cpus, gpus, retries, options.save_every)

    from core.foundation.busy_cores import busy_cores
    from core.sweeps.processes import Processes
    from core.training import devices

    threads = max(run.setup.threads for run in plan.runs)
    slots = workers or max(1, devices.free_cores(busy_cores()) // threads)
    return Processes(out, plan, min(slots, len(plan.runs)), options.save_every)

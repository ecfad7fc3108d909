"""An experiment: one dataset, one seed, up to five runs, and the latent point they share."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from core.datasets.base import Dataset
from core.engine.document import Document
from core.engine.engine import Engine
from core.engine.lane_names import MOST_LANES
from core.engine.reel import Moment
from core.engine.run import Run
from core.engine.run_folder import SavedRun
from core.engine.scene import Scene
from core.engine.threads import ThreadEngine
from core.evaluation.reference import Reference
from core.foundation import memory
from core.foundation.params import KnobValue, changed
from core.models.base import MODELS, TrainConfig
from core.theory.latent_space import Plane, axis_plane
from core.training import devices
from core.training.saved import Saved
from core.training.setup import Setup

DEFAULT_MODELS = ("ae", "vae", "gan")


class Experiment:
    """Holds the runs and sends commands to all of them. Not thread-safe: called by the window's thread only."""

    def __init__(
        self,
        setup: Setup,
        dataset: Dataset,
        models: Sequence[str] = DEFAULT_MODELS,
        engine: Engine | None = None,
    ) -> None:
        self.setup = setup
        self.dataset = dataset
        self.reference = Reference(dataset)
        self.engine: Engine = ThreadEngine() if engine is None else engine
        self.runs: list[Run] = []
        self.aside: Scene | None = None
        """What is set aside for a lesson, paused."""
        self.puts_away = False
        """Whether lanes that are closed or begin again are put away, paused, until `let_go`; else they end."""
        self.away: list[Run] = []
        self.begun_apart: list[tuple[Run, Run]] = []
        """Lanes that began again, with what they were, which is put away; who can undo it sets a new list before."""
        self._expected = len(models)
        self.sample_seed = 1
        self.sampler = "prior"
        self._pair_number = 0
        self._place_cursor()
        for name in models:
            self.add(name)

    def _place_cursor(self) -> None:
        dims = self.setup.latent
        self.cursor = np.zeros(dims, np.float32)
        self.pin_a, self.pin_b = np.zeros((2, dims), np.float32)
        self.pin_a[: min(2, dims)] = (-1.0, 1.5)[:dims]
        self.pin_b[: min(2, dims)] = (1.5, -1.5)[:dims]
        self.plane: Plane = axis_plane(0, min(1, dims - 1), dims)
        self.plane_is_chosen = False
        self.plane_follows_codes = False  # computed from codes, so that it ends with them

    # --- runs ------------------------------------------------------------------------------------------------------

    @property
    def any_training(self) -> bool:
        """Whether a run is training now: looks and measures then take less time."""
        return any(run.live_view.status.state == "training" for run in self.runs)

    @property
    def will_train(self) -> bool:
        """Whether a run trains, or will once it is built: what a command to all lanes or a new one goes by."""
        return any(run.will_train for run in self.runs)

    def _goes_on(self, run: Run) -> bool:
        """Whether what takes the place of a run trains: if the run did, or if it failed while others train."""
        return run.will_train or (run.live_view.status.failure is not None and self.will_train)

    def free_slot(self) -> int | None:
        """The lowest slot without a run; the slot decides the colour."""
        return min(set(range(MOST_LANES)) - {run.slot for run in self.runs}, default=None)

    def _threads_of_next(self) -> int:
        """CPU threads of the next run: its fair share, of what the present ones leave, which keep theirs.

        A lone run leaves room for others, so that they need not crowd the cores when they come.
        """
        runs, taken = max(self._expected, len(self.runs) + 1, len(DEFAULT_MODELS)), sum(r.threads for r in self.runs)
        return devices.share_of_next(runs, taken, self.engine.cores)

    def add(
        self,
        model: str,
        config: TrainConfig | None = None,
        at: int | None = None,
        slot: int | None = None,
        threads: int | None = None,
        saved: Saved | None = None,
        following: tuple[Path, SavedRun] | None = None,
    ) -> Run:
        """Add a run at the end, or at index ``at``, with fresh weights or at a ``saved`` state. ValueError when full.

        Other runs keep their numbers of threads, which decide the last bits of what they compute.
        """
        slot = self.free_slot() if slot is None else slot
        if slot is None:
            raise ValueError(f"there are {MOST_LANES} lanes already; close one first")
        config, shared = config or MODELS.get(model).Config(), (self.setup, self.dataset, self.reference, self.engine)
        threads = self._threads_of_next() if threads is None else threads
        run = Run(slot, model, config, *shared, threads, saved=saved, following=following)
        self.runs.insert(len(self.runs) if at is None else at, run)
        return run

    def give_way(self, on: bool) -> None:
        """Make trainers and background jobs yield while the user drags. Results do not change."""
        self.engine.give_way(on)

    def hold(self, seconds: float) -> None:
        """Let nothing train or compute in the background for so long; commands and urgent looks are obeyed."""
        self.engine.hold(seconds)

    def remove(self, run: Run) -> None:
        """Close a run. It ends, or is put away, after the current step, without waiting for it."""
        self.runs.remove(run)
        self._leave(run)

    def _remove_all(self) -> None:
        for run in tuple(self.runs):
            self.remove(run)

    def _leave(self, run: Run) -> None:
        if self.puts_away:
            run.pause()
            self.away.append(run)
        else:
            run.stop()

    def tidy(self) -> None:
        """Have nothing compute those lanes that are put away or set aside and rest; call it now and then."""
        for run in (*self.away, *(() if self.aside is None else self.aside.runs)):
            run.fall_asleep()

    def let_go(self, kept: Collection[Run] = ()) -> None:
        """End the runs that were put away, but those ``kept``."""
        for run in self.away:
            if run not in kept:
                run.stop()
        self.away = [run for run in self.away if run in kept]

    def replace(self, run: Run, model: str) -> Run:
        """Put another model into the same lane, with fresh weights. It trains if the run did, see `restart_run`."""
        at, slot = self.runs.index(run), run.slot
        goes_on = self._goes_on(run)
        self.remove(run)
        new = self.add(model, at=at, slot=slot, threads=run.threads)
        if goes_on:
            new.start()
        return new

    def move(self, run: Run, by: int) -> None:
        """Move a lane to the left (-1) or right (+1)."""
        at = self.runs.index(run)
        to = min(max(at + by, 0), len(self.runs) - 1)
        self.runs.insert(to, self.runs.pop(at))

    # --- all at once -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Train every run."""
        for run in self.runs:
            run.start()

    def pause(self) -> None:
        """Pause every run."""
        for run in self.runs:
            run.pause()

    def step(self, count: int = 1) -> None:
        """Take ``count`` steps in every run, then pause."""
        for run in self.runs:
            run.step(count)

    def restart(self) -> None:
        """Restart every run with the same seed; running ones go on training. A plane of their codes is due anew."""
        self.plane_is_chosen = self.plane_is_chosen and not self.plane_follows_codes
        for run in self.runs:
            self.restart_run(run)

    def restart_run(self, run: Run) -> None:
        """Restart a run with the same seed. It trains if it did, or if it failed while others train."""
        goes_on, followed = self._goes_on(run), run.followed
        if followed is not None and self.fits(followed.saved, run.dataset):
            return  # it is not ours to begin again
        if followed is not None or (self.puts_away and run.has_learned and run.is_of_present_file):
            before = run.begin_apart(self.setup, self.reference, self.engine)
            self._leave(before)
            self.begun_apart.append((run, before))
            if goes_on:
                run.start()
            return
        is_stuck = run.live_view.status.failure is not None and goes_on
        run.reference = self.reference
        run.restart(self.setup, self.dataset, go=True if is_stuck else None)

    def new_seed(self) -> int:
        """Restart every run with another seed; returns it."""
        self.set_setup(seed=random.SystemRandom().randrange(1, 10_000))
        return self.setup.seed

    def set_setup(self, **knobs: KnobValue) -> None:
        """Change the setup. Stop conditions act at once, anything else restarts every run.

        Raises `KnobError` or `DeviceError` before anything changes.
        """
        old, setup = self.setup, self.setup
        for name, value in knobs.items():
            setup = changed(setup, name, value)
        self.engine.check_device(setup.device)  # before anything restarts
        self.setup = setup
        if setup.latent != old.latent:
            self._place_cursor()
        if setup.trains_as(old):
            for run in self.runs:
                run.limit(setup)
        else:
            self.restart()

    def set_dataset(self, dataset: Dataset) -> None:
        """Change the data and restart every run."""
        self.dataset, self.reference = dataset, Reference(dataset)
        self.restart()

    def begin(
        self, setup: Setup, dataset: Dataset, lanes: Sequence[tuple[str, TrainConfig]], keep: bool = False
    ) -> None:
        """Replace setup, data and lanes (model, config), with fresh weights.

        ``keep`` puts the present lanes aside for `restore`; those of before are then gone. Raises `DeviceError` before
        anything changes.
        """
        self.engine.check_device(setup.device)
        if keep:
            self._put_aside()
        self._remove_all()
        self.setup, self.dataset, self._expected = setup, dataset, len(lanes)
        if dataset is not self.reference.dataset:
            self.reference = Reference(dataset)
        self._place_cursor()
        for model, config in lanes:
            self.add(model, config)

    @property
    def scene(self) -> Scene:
        """The lanes as they are arranged now, and what they are trained and looked at with."""
        return Scene(
            tuple(self.runs),
            self.setup,
            self.dataset,
            self.reference,
            self.cursor,
            (self.pin_a, self.pin_b),
            self.plane,
            self.plane_is_chosen,
            self.plane_follows_codes,
            self.sampler,
            self.sample_seed,
        )

    def _look_as(self, scene: Scene) -> None:
        self.cursor, (self.pin_a, self.pin_b) = scene.cursor, scene.pins
        self.plane, self.plane_is_chosen = scene.plane, scene.plane_is_chosen
        self.plane_follows_codes = scene.plane_follows_codes

    def _train_as(self, scene: Scene) -> None:
        self.setup, self.dataset = self._fitted(scene.setup), scene.dataset
        theirs = (run.reference for run in scene.runs)  # of the present engine
        self.reference = next((each for each in theirs if each.dataset is scene.dataset), scene.reference)

    def show(self, scene: Scene, exchanged: Collection[tuple[Run, Run]] = ()) -> None:
        """Go to a scene whose lanes were put away since: what goes is put away in turn.

        Each pair of ``exchanged`` is a lane and what it is to be, see `begun_apart`; it trains if the lane did. Other
        lanes begin again where they are trained with another setup. The point stays unless it is of another space.
        """
        for run in [run for run in self.runs if run not in scene.runs]:
            self.remove(run)
        self.away = [run for run in self.away if run not in scene.runs]
        self.runs[:] = scene.runs
        for run, other in exchanged:
            goes_on = run.will_train
            run.pause()
            run.exchange(other)
            run.wake(self.engine)
            if goes_on:
                run.start()
        for run in self.runs:
            run.wake(self.engine)
        before = self.setup, self.dataset
        self._train_as(scene)
        if (before[0].latent, before[1]) != (self.setup.latent, self.dataset):
            self._look_as(scene)
        for run in self.runs:
            if run.dataset is not self.dataset or not run.setup.trains_as(self.setup):
                self.restart_run(run)
            elif run.setup != self.setup:
                run.limit(self.setup)

    def _put_aside(self) -> None:
        """Take the present lanes out of the experiment, paused, without ending them."""
        for run in () if self.aside is None else self.aside.runs:
            run.stop()
        for run in self.runs:
            run.pause()
        self.aside = self.scene
        self.runs.clear()

    def restore(self) -> None:
        """Put the lanes that were set aside in place of the present ones, as they were, paused."""
        aside, self.aside = self.aside, None
        if aside is None:
            return
        self._remove_all()
        self.runs.extend(aside.runs)
        for run in self.runs:
            run.wake(self.engine)
        self._train_as(aside)
        self._look_as(aside)
        self.sampler, self.sample_seed = aside.sampler, aside.sample_seed

    def fits(self, saved: SavedRun, dataset: Dataset) -> bool:
        """Whether a saved run can join the present ones: same data, latent size and architecture."""
        ours, theirs = self.setup, saved.setup
        return dataset is self.dataset and (theirs.latent, theirs.network) == (ours.latent, ours.network)

    def open(self, saved: SavedRun, dataset: Dataset, folder: Path | None = None) -> Run:
        """Open a saved run as a lane: beside the others where it fits, else in place of them all. ValueError when full.

        With a ``folder`` it shows what another program saves there. Its stop conditions and threads are not taken over.
        """
        if not self.fits(saved, dataset):
            self._remove_all()
            self.setup = dataclasses.replace(saved.setup, steps=0, epochs=0.0, seconds=0.0, threads=0, device="auto")
            self._place_cursor()
            self.dataset, self.reference = dataset, Reference(dataset)
        following = None if folder is None else (folder, saved)
        run = self.add(saved.model, saved.config, saved=saved.training_state(), following=following)
        run.name = saved.name
        return run

    def fork(self, run: Run, moment: Moment) -> Run:
        """A lane right of a run, paused at a moment of its reel; see `Run.state_at`. ValueError when full."""
        at = self.runs.index(run) + 1
        return self.add(run.model_name, moment.config, at, threads=run.threads, saved=run.state_at(moment))

    def open_document(self, found: Document, dataset: Dataset) -> None:
        """Put the lanes of a document, paused, and what they were looked at with, in place of the present ones.

        Lanes go on to the last bit where there are as many cores.
        """
        self._remove_all()
        self.setup, self.dataset, self._expected = self._fitted(found.setup), dataset, len(found.lanes)
        if dataset is not self.reference.dataset:
            self.reference = Reference(dataset)
        point = found.point
        self.cursor, self.pin_a, self.pin_b, self.plane = point.z, point.pin_a, point.pin_b, point.plane
        self.plane_is_chosen, self.plane_follows_codes = point.plane_is_chosen, point.plane_follows_codes
        self.sampler, self.sample_seed = found.sampler, found.sample_seed
        most = devices.fair_threads(1, self.engine.cores)
        for lane in found.lanes:
            threads = lane.run.threads if 1 <= lane.run.threads <= most else None
            saved = lane.run.training_state()
            run = self.add(lane.run.model, lane.run.config, slot=lane.slot, threads=threads, saved=saved)
            run.pending, run.name = lane.pending, lane.name

    def _fitted(self, setup: Setup) -> Setup:
        """The setup, on a device that the engine has."""
        try:
            self.engine.check_device(setup.device)
        except devices.DeviceError:
            return dataclasses.replace(setup, device="auto")
        return setup

    @property
    def is_settled(self) -> bool:
        """Whether every run is (`Run.is_settled`), those set aside or put away too."""
        return all(run.is_settled for run in self._all_runs())

    def _all_runs(self) -> tuple[Run, ...]:
        return (*self.runs, *self.away, *(() if self.aside is None else self.aside.runs))

    def move_to(self, engine: Engine, training: Collection[Run] = ()) -> Engine:
        """Go on with every run in another engine, also those set aside or put away. Returns that of before.

        That is to be closed. Runs train there that do now, and those of ``training``. They go on to the last bit if
        they are settled, on as many threads as before where there are as many cores. A device that is not there becomes
        "auto".
        """
        before, self.engine = self.engine, engine
        self.setup = self._fitted(self.setup)
        share = devices.fair_threads(max(len(self.runs), len(DEFAULT_MODELS)), engine.cores)
        for run in self._all_runs():
            run.setup = self._fitted(run.setup)
            run.threads = run.threads if engine.cores == before.cores else share
        references = {id(run.dataset): Reference(run.dataset) for run in self._all_runs()}
        for run in self._all_runs():
            run.move_to(engine, references[id(run.dataset)], run.will_train or run in training)
        self.reference = references.get(id(self.dataset), self.reference)
        if self.aside is not None:
            self.aside = dataclasses.replace(self.aside, reference=references[id(self.aside.dataset)])
        return before

    def want_classifier(self) -> None:
        """Load or train the feature classifier for this data set; it becomes `Reference.known_classifier`."""
        if not self.dataset.points:
            self.engine.want_classifier(self.reference)

    def want_real_side(self) -> None:
        """Compute the data's side of all measures: features, distances, what a perfect model reads."""
        if not self.dataset.points:
            self.engine.want_real_side(self.reference)

    @property
    def pair(self) -> tuple[int, int]:
        """Indices of the two of `Subsets.shown` that lanes interpolate between."""
        return self.reference.subsets.pair(self._pair_number)

    def next_pair(self) -> None:
        """Choose the next pair."""
        self._pair_number += 1

    def close(self, timeout_s: float = 5.0) -> bool:
        """End everything within ``timeout_s`` in total; False if something did not end."""
        for run in self._all_runs():
            run.stop()  # those that follow a folder are not the engine's
        has_ended = self.engine.close(timeout_s)
        memory.return_freed()
        return has_ended

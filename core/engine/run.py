"""A run: one model in training, with its config, its trainer and its board. What window and command line hold."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from core.datasets.base import Dataset
from core.engine.background import Background
from core.engine.board import View
from core.engine.commands import Command, Limits, Pause, Restart, RollBack, Set, Share, Start, Step, Stop
from core.engine.look_requests import LookRequests
from core.engine.measure_rounds import IN_PASSING, LOOKED_AT, MeasureRequest, MeasureRounds
from core.engine.run_folder import SavedRun
from core.engine.trainer import TEST_COLUMNS, Trainer
from core.evaluation import samplers, training_codes
from core.evaluation.reference import Reference
from core.evaluation.training_codes import TrainingCodes
from core.foundation.arrays import Floats, Pixels
from core.foundation.history import History
from core.foundation.pixels import display
from core.foundation.slices import Work
from core.metrics.base import applicable
from core.models.base import MODELS, Model
from core.nets.networks import Shape
from core.probes import pictures, units
from core.probes.data_plane import Wanted
from core.probes.data_plane import look as look_at_plane
from core.probes.pictures import Nearest, Pictures
from core.probes.units import Moves
from core.theory.latent_space import Plane
from core.training.batches import DeviceDatasets
from core.training.setup import Setup
from core.training.snapshot import Codes, Snapshot

LATENT_CODES_S, TRAINING_CODES_S, TILES_S, TESTS_S, SAMPLES_S, AGAIN_S, PLANE_S = 1.0, 4.0, 0.8, 3.0, 0.5, 0.7, 0.5
"""How often slow looks are renewed at most."""
SEARCH_REST = 6.0
"""Slices of the search among training images rest so many times their cost: the first answer comes within seconds."""
STALE = 0.2
"""Training codes from before this share of the steps say nothing about holes now."""


class Run:
    """One lane's worth. Looking through it never changes what is trained."""

    def __init__(
        self,
        slot: int,
        model: str,
        config: Any,
        setup: Setup,
        dataset: Dataset,
        reference: Reference,
        device_datasets: DeviceDatasets,
        background: Background,
        threads: int = 1,
    ) -> None:
        self.slot = slot
        self.model_name = model
        self.model: type[Model] = MODELS.get(model)
        self.setup = setup
        self.dataset = dataset
        self.reference = reference
        self._background = background
        self._trainer = Trainer(self.model.short, model, config, setup, dataset, device_datasets, threads)
        self.board = self._trainer.board
        self._asked: dict[str, float] = {}
        self._tests = (-1, History(TEST_COLUMNS))
        self._sampling = samplers.Sampling()
        self._drawn: Hashable = None  # the samples asked for last
        self._measuring = MeasureRounds(id(self), self.board, background)
        self._codes = training_codes.KnownCodes()
        self._encoding: int | None = None  # the life whose training codes are in work
        self.look_requests = LookRequests(id(self), self.board, background, self._codes)
        self.pending = config
        """The config the next restart takes; live knobs are in force already."""
        self._trainer.start_thread()

    # --- what it shows ---------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """The newest view."""
        return self.board.view

    def look(self) -> View:
        """The newest view, telling the trainer that somebody looks."""
        return self.board.look()

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest dead copy of the model; None while it is rebuilt for other data or another latent size."""
        return self._fitting(self.board.view)

    def _fitting(self, view: View) -> Snapshot | None:
        snapshot = view.snapshot
        fits = snapshot is not None and snapshot.shape == Shape(*self.dataset.shape, self.setup.latent)
        return snapshot if fits else None

    @property
    def title(self) -> str:
        """The model's long name."""
        return self.model.title

    def decode(self, z: Floats) -> Floats | None:
        """Images (N, C, H, W) in [0, 1] of z (N, D), now, in this thread; None before there are weights."""
        snapshot = self._fitting(self.board.look())
        if snapshot is None or z.shape[1] != self.setup.latent:
            return None
        return snapshot.decode(z)

    def show(self, z: Floats) -> Pixels | None:
        """`decode` as bytes for the screen: (N, H, W) or (N, H, W, 3)."""
        images = self.decode(z)
        return None if images is None else display(images)

    def encode(self, x: Floats) -> Codes | None:
        """Codes of images (N, C, H, W) in [0, 1]; None without an encoder, or for images of another shape."""
        snapshot = self.snapshot
        if snapshot is None or not snapshot.has_encoder or x.shape[1:] != snapshot.shape.image:
            return None
        return snapshot.encode(x)

    def hole_ratio(self, z: Floats) -> float | None:
        """r(z) (see `core.evaluation.training_codes`) of one point (D,), once the training codes are known."""
        found = self.board.view.training_codes
        if found is None or found.codes.shape[1] != z.shape[0]:
            return None
        if found.step < STALE * self.board.view.status.step:  # the codes have moved on since
            return None
        return training_codes.hole_ratio(z, found)

    # --- slow looks, done in the background --------------------------------------------------------------------------

    def _due(self, kind: str, every_s: float, have: int | None) -> Snapshot | None:
        """The snapshot to look at, if a look is due: newer than what we have, not waiting, not too soon."""
        snapshot = self.snapshot
        if snapshot is None or have == snapshot.step or self._background.is_waiting((id(self), kind)):
            return None
        now = time.perf_counter()
        if have is not None and now - self._asked.get(kind, 0.0) < every_s:
            return None
        self._asked[kind] = now
        return snapshot

    def want_latent_codes(self) -> None:
        """Ask for newer codes of the test images, if there are newer weights."""
        have = self.view.latent_codes
        snapshot = (
            self._due("latent_codes", LATENT_CODES_S, have.step if have else None) if self.model.has_encoder else None
        )
        if snapshot is not None:
            reference = self.reference
            self._background.ask((id(self), "latent_codes"), lambda: self._make_latent_codes(snapshot, reference))

    def _make_latent_codes(self, snapshot: Snapshot, reference: Reference) -> None:
        self.board.put_for(snapshot.life, latent_codes=pictures.latent_codes(snapshot, reference))

    def want_moves(self) -> None:
        """Ask how far the decoded picture goes with each dimension of the test images' codes."""
        have, latent_codes = self.view.moves, self.view.latent_codes
        if latent_codes is None or latent_codes.codes.shape[1] != self.setup.latent:
            return
        snapshot = self._due("moves", LATENT_CODES_S, have.step if have else None)
        if snapshot is not None:
            self._background.ask((id(self), "moves"), lambda: self._make_moves(snapshot, latent_codes.codes))

    def _make_moves(self, snapshot: Snapshot, codes: Floats) -> None:
        self.board.put_for(snapshot.life, moves=Moves(snapshot.step, units.moves(snapshot, codes)))

    def want_training_codes(self) -> None:
        """Ask where the training codes are now."""
        have, life = self.view.training_codes, self.view.life
        if not self.model.has_encoder or self._encoding == life:  # what is in work shall come to its end
            return
        snapshot = self._due("training_codes", TRAINING_CODES_S, have.step if have else None)
        if snapshot is not None and snapshot.life == life:
            self._encoding = life
            self._background.do(
                (id(self), "training_codes"), self._make_training_codes(snapshot, self.reference), False, SEARCH_REST
            )

    def _make_training_codes(self, snapshot: Snapshot, reference: Reference) -> Work[None]:
        try:
            yield from self._training_codes_of(snapshot, reference)
        finally:
            if self._encoding == snapshot.life:
                self._encoding = None

    def _training_codes_of(self, snapshot: Snapshot, reference: Reference) -> Work[TrainingCodes | None]:
        """The training codes of a snapshot, which are put on the board; None once the run has begun again."""
        found = yield from self._codes.of(snapshot, reference)
        have = self.view.training_codes
        newer = have is not None and have.step > found.step
        there = self.view.life == snapshot.life if newer else self.board.put_for(snapshot.life, training_codes=found)
        return found if there else None

    def want_tiles(self, key: Hashable, plane: Plane, through: Floats, points: Floats, columns: int) -> None:
        """Ask for the decoded plane: ``points`` (N, 2) row by row. ``key`` names what is asked for."""
        have = self.view.tiles
        same = have is not None and have.key == key
        snapshot = self._due("tiles", TILES_S if same else 0.0, have.step if same and have else None)
        if snapshot is not None:
            wish = (snapshot, key, plane, through, points, columns)
            self._background.ask((id(self), "tiles"), lambda: self._make_tiles(*wish))

    def _make_tiles(self, snapshot: Snapshot, *wish: Any) -> None:
        self.board.put_for(snapshot.life, tiles=pictures.tiles(snapshot, *wish))

    def want_tests(self) -> None:
        """Ask for distortion and rate of held-out images."""
        have = self.view.tests
        newest = int(have.column("step")[-1]) if len(have) else None
        snapshot = self._due("tests", TESTS_S, newest) if self.model.has_encoder else None
        if snapshot is not None:
            seconds, reference = self.view.status.seconds, self.reference
            self._background.ask((id(self), "tests"), lambda: self._make_tests(snapshot, seconds, reference))

    def _make_tests(self, snapshot: Snapshot, seconds: float, reference: Reference) -> None:
        terms = snapshot.measure(reference.measured)
        life, history = self._tests
        if life != snapshot.life:
            history = History(TEST_COLUMNS)
            self._tests = (snapshot.life, history)
        bent = float(terms["distortion"].mean())
        rate = float(terms["rate"].mean()) if "rate" in terms else float("nan")
        history.drop_after(snapshot.step - 1)
        history.append(np.array([[snapshot.step, seconds, bent, rate, bent + rate]]))
        self.board.put_for(snapshot.life, tests=history.table())

    def sampler_in_force(self, name: str) -> str:
        """The sampler that answers for ``name`` here: a model without an encoder has no codes and takes the prior."""
        return name if self.model.has_encoder else "prior"

    def want_samples(self, key: Hashable, z: Floats, sampler: str = "prior", seed: int = 0) -> None:
        """Ask for pictures of samples: at once for a new ``key`` or sampler, then as the weights change.

        ``z`` (N, D) are draws of the prior; samplers that are fitted to codes draw as many of their own, by ``seed``.
        """
        name = self.sampler_in_force(sampler)
        have, found = self.view.samples, self._known_codes() if samplers.sampler(name).needs_codes else None
        same = have is not None and (have.key, have.sampler) == (key, name)
        fits = same and have is not None and have.fitted == (-1 if found is None else found.step)
        snapshot = self._due("samples", SAMPLES_S if same else 0.0, have.step if fits and have is not None else None)
        if snapshot is None:
            return
        whole = (key, name, snapshot.life, snapshot.step, None if found is None else found.step)
        if whole != self._drawn:  # else it is in work
            self._drawn = whole
            wish = (snapshot, key, z, name, seed, found, self.reference)
            self._background.do((id(self), "samples"), self._make_samples(*wish), not same, SEARCH_REST)

    def _known_codes(self) -> TrainingCodes | None:
        """Where the training codes are, unless that is old."""
        found, status = self.view.training_codes, self.view.status
        old = found is None or found.step < STALE * status.step or found.codes.shape[1] != self.setup.latent
        return None if old else found

    def _make_samples(
        self,
        snapshot: Snapshot,
        key: Hashable,
        z: Floats,
        name: str,
        seed: int,
        found: TrainingCodes | None,
        reference: Reference,
    ) -> Work[None]:
        if found is None and samplers.sampler(name).needs_codes:
            found = yield from self._training_codes_of(snapshot, reference)
            if found is None:
                return
        codes, fitted = (None, -1) if found is None else (found.codes, found.step)
        drawn = yield from pictures.sample_z(snapshot, self._sampling, name, z, seed, codes)
        self.board.put_for(snapshot.life, samples=pictures.samples(snapshot, key, name, drawn, fitted))

    def want_reconstructions(self) -> None:
        """Ask how the test images that all lanes share (`Reference.shown`) come back."""
        have = self.view.reconstructions
        snapshot = self._due("again", AGAIN_S, have.step if have else None) if self.model.has_encoder else None
        if snapshot is not None:
            reference = self.reference
            self._background.ask((id(self), "again"), lambda: self._make_reconstructions(snapshot, reference))

    def _make_reconstructions(self, snapshot: Snapshot, reference: Reference) -> None:
        self.board.put_for(snapshot.life, reconstructions=pictures.reconstructions(snapshot, reference))

    def want_between(self, pair: tuple[int, int], path: Floats, arc: bool) -> None:
        """Ask for the way between the codes of two of the shared test images; without an encoder for ``path`` (N, D).

        Where there are codes, ``path`` says only how many pictures there shall be.
        """
        key = (len(path), pair, arc) if self.model.has_encoder else path.tobytes()
        have = self.view.between
        same = have is not None and have.key == key
        snapshot = self._due("between", AGAIN_S if same else 0.0, have.step if same and have else None)
        if snapshot is not None and path.shape[1] == self.setup.latent:
            wish = (snapshot, self.reference, key, pair, path, arc)
            self._background.ask((id(self), "between"), lambda: self._make_between(*wish))

    def _make_between(
        self, snapshot: Snapshot, reference: Reference, key: Hashable, pair: tuple[int, int], path: Floats, arc: bool
    ) -> None:
        self.board.put_for(snapshot.life, between=pictures.between(snapshot, reference, key, pair, path, arc))

    def want_plane(self, wanted: Wanted, key: Hashable, flat: Plane, through: Floats, drawn: Floats) -> None:
        """Ask for layers of the plane of the data (see `core.probes.data_plane`): at once when other layers are wanted.

        A grid of z lies on the map's plane through a point (D,); ``drawn`` (N, D) are the z of samples. ``key`` names
        all of that.
        """
        have = self.view.plane
        same = have is not None and have.key == key
        snapshot = self._due("plane", PLANE_S if same else 0.0, have.step if same and have else None)
        if snapshot is not None and snapshot.shape.points:
            new = have is None or have.wanted != wanted
            density = self.dataset.density
            ask = (snapshot, density, wanted, key, flat, through, drawn)
            self._background.ask((id(self), "plane"), lambda: self._make_plane(*ask), urgent=new)

    def _make_plane(self, snapshot: Snapshot, *ask: Any) -> None:
        self.board.put_for(snapshot.life, plane=look_at_plane(snapshot, *ask))

    def want_measures(self, names: Sequence[str], sampler: str, in_passing: bool = False) -> None:
        """Ask for measures (see `core.metrics`), as far as they exist for this model on these data.

        ``sampler`` says where samples come from (see `core.evaluation.samplers`); a model without an encoder knows the
        prior only. ``in_passing``: rarely, where something else is looked at.
        """
        view = self.view
        snapshot = self._fitting(view)
        if snapshot is not None and view.dataset is self.reference.dataset:  # not while it is rebuilt for other data
            there = tuple(name for name in applicable(self.model, self.dataset) if name in names)
            if there:
                chosen = self.sampler_in_force(sampler)
                rest = IN_PASSING if in_passing else LOOKED_AT
                self._measuring.want(
                    MeasureRequest(snapshot, view.status.seconds, self.reference.real_side, chosen, there, rest)
                )

    def want_film(self, z: Floats) -> None:
        """Ask for one z (D,) as each kept snapshot decodes it, oldest first."""
        view = self.view
        key = (z.tobytes(), tuple(snapshot.step for snapshot in view.past))
        fits = self._fitting(view) is not None and len(z) == self.setup.latent
        if view.past and fits and (view.film is None or view.film.key != key):
            self._background.ask((id(self), "film"), lambda: self._make_film(view, key, z), urgent=True)

    def _make_film(self, view: View, key: Hashable, z: Floats) -> None:
        images = np.concatenate([snapshot.decode(z[None]) for snapshot in view.past])
        self.board.put_for(view.life, film=Pictures(view.past[-1].step, key, display(images)))

    def want_nearest(self, key: Hashable, image: Floats, urgent: bool) -> None:
        """Ask for the training image nearest to ``image`` (C, H, W), which ``key`` names; urgent under a finger."""
        view, reference = self.view, self.reference
        have = view.nearest
        if have is not None and have.key == key and (have.ratio == have.ratio or reference.known_image_reach is None):
            return
        work = self._find_nearest(view.life, view.status.step, key, image, reference)
        self._background.do((id(self), "nearest"), work, urgent, SEARCH_REST)
        if reference.known_image_reach is None and not self._background.is_waiting((id(reference), "image reach")):
            self._background.do((id(reference), "image reach"), reference.image_reach(), rest=SEARCH_REST)

    def _find_nearest(self, life: int, step: int, key: Hashable, image: Floats, reference: Reference) -> Work[None]:
        search = yield from reference.nearest()
        match = search.find(image)
        reach = reference.known_image_reach
        ratio = match.distance / reach if reach else float("nan")
        pixels = reference.dataset.train.pixels[match.index]
        labels = reference.dataset.train.labels
        label = None if labels is None else reference.dataset.class_name(int(labels[match.index]))
        self.board.put_for(life, nearest=Nearest(step, key, match.index, match.distance, ratio, pixels, label))

    # --- what can be said to it --------------------------------------------------------------------------------------

    def say(self, command: Command) -> None:
        """Any command; see `core.engine.commands`."""
        self._trainer.say(command)

    def start(self) -> None:
        """Train."""
        self.say(Start())

    def pause(self) -> None:
        """Rest."""
        self.say(Pause())

    def step(self, count: int = 1, kept: bool = False) -> None:
        """A few steps, then rest; ``kept``: whoever pauses and starts it meanwhile goes on to the same end."""
        self.say(Step(count, kept))

    def set(self, name: str, value: Any) -> None:
        """Turn a live knob; it acts at the next step."""
        self.say(Set(name, value))

    def restart(self, setup: Setup | None = None, dataset: Dataset | None = None, go: bool | None = False) -> None:
        """Begin again with ``pending`` knobs, from the seed. ``go`` None: train on if it trains."""
        self.setup = self.setup if setup is None else setup
        if dataset is not None:
            self.dataset = dataset
        self._asked.clear()
        self.say(Restart(self.pending, self.setup, self.dataset, None, go))

    def resume(self, saved: SavedRun) -> None:
        """Go on from a saved run's weights."""
        self.say(Restart(self.pending, self.setup, self.dataset, saved.training_state(), False))

    def roll_back(self) -> None:
        """After a failure: rest at the last good weights."""
        self.say(RollBack())

    def limit(self, setup: Setup) -> None:
        """Take over the stop conditions of a setup."""
        self.setup = setup
        self.say(Limits(setup.steps, setup.epochs, setup.seconds))

    def share(self, threads: int) -> None:
        """CPU threads from the next restart on, unless the setup fixes them: a run keeps its bits while it lives."""
        self.say(Share(threads))

    def say_stop(self) -> None:
        """End the trainer's thread without waiting for it."""
        self.say(Stop())

    @property
    def has_ended(self) -> bool:
        """Whether the trainer's thread is gone."""
        return self._trainer.has_ended

    def close(self, timeout_s: float = 5.0) -> bool:
        """End the trainer's thread; False if it did not end in time."""
        return self._trainer.close(timeout_s)

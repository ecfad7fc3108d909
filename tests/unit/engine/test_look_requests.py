"""When looks are made and which answers reach the board, on real runs and on small looks."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest

from core.engine.background import Background
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.look_requests import LookRequests
from core.engine.run import Run
from core.evaluation.training_codes import codes_of
from core.foundation.slices import Work, finish
from core.probes.codes import TrainingCodesLook
from core.probes.hole_maps import CELLS, KINDS, HoleMapLook, Kind, WalkLook, hole_map
from core.probes.look import Answer, Context, Look, Making
from core.probes.new_pictures import NewPicturesLook
from core.probes.pictures import TilesLook
from core.theory.latent_space import axis_plane

PATIENCE_S = 30.0
PLANE = axis_plane(0, 1, 2)
ORIGIN = np.zeros(2, np.float32)
Bench = Callable[..., Experiment]
Until = Callable[..., View]


def ready(run: Run) -> Run:
    assert run.board.wait(lambda view: view.status.state == "ready", PATIENCE_S)
    return run


def wait(run: Run, done: Callable[[View], bool]) -> View:
    assert run.board.wait(done, PATIENCE_S)
    return run.view


def answered(run: Run, look: Look[Any]) -> Any:
    """Ask once, and wait for the answer to this key."""
    run.ask(look)

    def there(view: View) -> bool:
        found = view.looks.before(look)
        return found is not None and found.key == look.key

    return wait(run, there).looks.before(look)


# --- the rules, on a look that counts -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Counted(Look[int]):
    """Counts how often it was made, in three slices; ``word`` is its key."""

    word: str
    made: list[str]

    name = "count"
    interval_s = 5.0

    @functools.cached_property
    def key(self) -> Hashable:
        return self.word

    def make(self, context: Context) -> Making[int]:
        self.made.append(self.word)
        yield None
        yield -len(self.made)
        return len(self.made)


class Held:
    """A background that runs one slice at a call."""

    def __init__(self) -> None:
        self.jobs: dict[Hashable, Work[Any]] = {}
        self.asked: list[tuple[bool, float]] = []

    def do(self, key: Hashable, work: Work[Any], urgent: bool = False, rest: float = 0.0) -> None:
        self.jobs[key] = work
        self.asked.append((urgent, rest))

    def is_waiting(self, key: Hashable) -> bool:
        return key in self.jobs

    def slice(self) -> None:
        for key, work in list(self.jobs.items()):
            if next(work, "over") == "over":
                del self.jobs[key]

    def finish(self) -> None:
        while self.jobs:
            self.slice()


@pytest.fixture
def held(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, LookRequests, Held]:
    run, background = ready(bench("vae").runs[0]), Held()
    return run, LookRequests("owner", run.board, cast(Background, background)), background


def newer_weights(run: Run, until: Until, step: int) -> None:
    run.step(step - run.view.status.step)
    until(run, "paused", step=step)


def test_a_look_in_work_comes_to_its_end_and_one_that_is_current_is_not_made_again(
    held: tuple[Run, LookRequests, Held],
) -> None:
    run, requests, background = held
    made: list[str] = []
    for _ in range(3):
        requests.ask(Counted("a", made), run.reference)
        background.slice()
    background.finish()
    requests.ask(Counted("a", made), run.reference)
    assert (made, background.jobs) == (["a"], {})
    answer = run.view.looks.of(Counted)
    assert answer is not None
    assert (answer.value, answer.step, answer.key) == (1, 0, "a")


def test_what_is_known_so_far_is_shown(held: tuple[Run, LookRequests, Held]) -> None:
    run, requests, background = held
    requests.ask(Counted("a", []), run.reference)
    background.slice()
    assert run.view.looks.value(Counted) is None
    background.slice()
    assert run.view.looks.value(Counted) == -1
    background.finish()
    assert run.view.looks.value(Counted) == 1


def test_another_key_begins_at_once_and_the_old_answer_stays_until_the_new_one_is_there(
    held: tuple[Run, LookRequests, Held],
) -> None:
    run, requests, background = held
    made: list[str] = []
    requests.ask(Counted("a", made), run.reference)
    background.finish()
    old = run.view.looks.of(Counted)
    requests.ask(Counted("b", made), run.reference)
    background.slice()
    assert run.view.looks.of(Counted) is old
    left_behind = next(iter(background.jobs.values()))
    requests.ask(Counted("c", made), run.reference)
    assert next(left_behind, "over") == "over"  # given up
    background.finish()
    assert made == ["a", "b", "c"]
    answer = run.view.looks.of(Counted)
    assert answer is not None
    assert (answer.key, answer.value) == ("c", 3)


def test_newer_weights_are_looked_at_after_the_interval(
    held: tuple[Run, LookRequests, Held], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, requests, background = held
    made: list[str] = []
    requests.ask(Counted("a", made), run.reference)
    background.finish()
    newer_weights(run, until, 3)
    with monkeypatch.context() as patch:
        training = dataclasses.replace(run.view, status=dataclasses.replace(run.view.status, state="training"))
        patch.setattr(run.board, "_view", training)
        requests.ask(Counted("a", made), run.reference)
        assert background.jobs == {}
    requests.ask(Counted("a", made), run.reference)  # at rest: at once
    background.finish()
    answer = run.view.looks.of(Counted)
    assert answer is not None
    assert (answer.step, answer.value) == (3, 2)


def test_different_keys_have_an_interval_of_their_own(
    held: tuple[Run, LookRequests, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, requests, background = held
    monkeypatch.setattr(Counted, "new_key_interval_s", 1e9)
    requests.ask(Counted("a", []), run.reference)
    background.finish()
    requests.ask(Counted("b", []), run.reference)
    assert background.jobs == {}


def test_the_weights_are_those_of_when_its_turn_comes(held: tuple[Run, LookRequests, Held], until: Until) -> None:
    run, requests, background = held
    requests.ask(Counted("a", []), run.reference)
    newer_weights(run, until, 4)
    background.finish()
    answer = run.view.looks.of(Counted)
    assert answer is not None
    assert answer.step == 4


@pytest.mark.parametrize("slices", [0, 1])
def test_a_restart_forgets_answers_and_work(slices: int, held: tuple[Run, LookRequests, Held], until: Until) -> None:
    run, requests, background = held
    made: list[str] = []
    requests.ask(Counted("shown", made), run.reference)
    background.finish()
    requests.ask(Counted("in work", made), run.reference)
    for _ in range(slices):
        background.slice()
    run.restart()
    until(run, "ready", life=1)
    assert run.view.looks.of(Counted) is None
    background.finish()
    assert run.view.looks.of(Counted) is None
    requests.ask(Counted("in work", made), run.reference)  # at once, whatever was asked for before
    background.finish()
    assert run.view.looks.value(Counted) == len(made)


def test_a_look_at_a_lane_that_is_gone_is_given_up(held: tuple[Run, LookRequests, Held]) -> None:
    run, requests, background = held
    made: list[str] = []
    requests.ask(Counted("a", made), run.reference)
    run.stop()
    run.worker.thread.join(30)
    assert run.has_ended
    background.finish()
    assert made == []


def test_a_look_says_how_urgent_it_is_and_how_long_it_rests(
    held: tuple[Run, LookRequests, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, requests, background = held
    monkeypatch.setattr(Counted, "rest", 7.0)
    monkeypatch.setattr(Counted, "first_rest", 2.0)
    monkeypatch.setattr(Counted, "is_urgent", lambda self, have: have is not None)
    requests.ask(Counted("a", []), run.reference)
    background.finish()
    requests.ask(Counted("b", []), run.reference)
    assert background.asked == [(False, 2.0), (True, 7.0)]


def test_codes_that_another_look_needed_are_shown_and_never_replace_newer_ones(
    held: tuple[Run, LookRequests, Held], until: Until
) -> None:
    run, requests, background = held
    requests.ask(WalkLook((0, 1)), run.reference)
    background.slice()  # the walk is now of step 0
    ((key, walking),) = background.jobs.items()
    background.jobs.clear()
    newer_weights(run, until, 2)
    requests.ask(TrainingCodesLook(), run.reference)
    background.finish()
    background.jobs[key] = walking
    background.finish()
    codes, walk = run.view.looks.of(TrainingCodesLook), run.view.looks.of(WalkLook)
    assert codes is not None
    assert walk is not None
    assert (codes.step, walk.step) == (2, 0)
    requests.ask(WalkLook((1, 0)), run.reference)
    background.finish()
    assert run.view.looks.of(TrainingCodesLook) is codes  # the same codes are no news


def test_an_error_becomes_one_event_of_a_life(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = bench("vae")
    run = ready(experiment.runs[0])

    def broken(self: Counted, context: Context) -> Making[int]:
        raise MemoryError("no room")

    monkeypatch.setattr(Counted, "make", broken)
    monkeypatch.setattr(Counted, "interval_s", 0.0)
    for count in (1, 2, 3):
        run.ask(Counted("a", []))
        deadline = time.monotonic() + PATIENCE_S
        while not run.board.wait(lambda _, count=count: len(experiment.engine.errors) >= count, 0.02):  # type: ignore[misc]
            assert time.monotonic() < deadline  # an error that is reported already changes no view
    assert [event.text for event in run.view.events] == ["could not make its count: MemoryError: no room"]
    run.restart()
    until(run, "ready", life=1)
    run.ask(Counted("a", []))
    wait(run, lambda view: len(view.events) == 2)
    experiment.engine.errors = []


# --- what is asked for ----------------------------------------------------------------------------------------------


def test_keys_name_what_is_asked_for() -> None:
    points = np.zeros((6, 2), np.float32)
    tiles = TilesLook(PLANE, ORIGIN, points, 3)
    assert tiles.key == TilesLook(axis_plane(0, 1, 2), ORIGIN + 1, points.copy(), 3).key  # another point of the plane
    assert tiles.key != TilesLook(PLANE, ORIGIN, points + 1, 3).key
    assert tiles.key != TilesLook(axis_plane(1, 0, 2), ORIGIN, points, 3).key
    turned = axis_plane(0, 1, 3)
    z = np.array([0.3, -1.2, 0.5], np.float32)
    off = np.array([0.0, 0.0, 0.2], np.float32)
    assert HoleMapLook("cycle", turned, z).key == HoleMapLook("cycle", turned, z * [1, -2, 1]).key
    assert HoleMapLook("cycle", turned, z).key != HoleMapLook("cycle", turned, z + off).key
    assert NewPicturesLook("raw", 4, 1).key != NewPicturesLook("raw", 4, 2).key


def ask_map(run: Run, kind: Kind, z: Any = ORIGIN) -> Answer[Any]:
    return cast("Answer[Any]", answered(run, HoleMapLook(kind, PLANE, z)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_on_the_board_is_what_the_function_returns(bench: Bench, kind: Kind) -> None:
    run = ready(bench("vae").runs[0])
    found = ask_map(run, kind).value
    assert run.snapshot is not None
    training_codes = finish(codes_of(run.snapshot, run.reference))
    wanted = finish(hole_map(run.snapshot, run.reference.real_side, training_codes, kind, PLANE, ORIGIN))
    np.testing.assert_array_equal(found.values, wanted.values)
    assert found.number == wanted.number
    assert found.values.shape == (CELLS, CELLS)


def test_every_kind_stays_until_it_is_asked_for_again(bench: Bench) -> None:
    run = ready(bench("ae").runs[0])
    for kind in ("stretch", "cycle"):
        ask_map(run, kind)  # type: ignore[arg-type]
    first, other = run.view.looks.of(HoleMapLook, "cycle"), axis_plane(1, 0, 2)
    run.ask(HoleMapLook("cycle", PLANE, ORIGIN))  # the same weights, the same plane: nothing to do
    answered(run, HoleMapLook("stretch", other, ORIGIN))
    assert run.view.looks.of(HoleMapLook, "cycle") is first
    assert run.view.looks.of(HoleMapLook, "distance") is None


def test_a_model_without_an_encoder_has_two_of_the_maps(bench: Bench) -> None:
    run = ready(bench("gan").runs[0])
    run.ask(WalkLook((0, 1)))
    for kind in KINDS:
        run.ask(HoleMapLook(kind, PLANE, ORIGIN))
        if kind in ("distance", "stretch"):
            assert ask_map(run, kind).value.hole is None
    assert {which for _, which in run.view.looks.answers} == {"distance", "stretch"}


def test_a_walk_begins_and_ends_at_the_codes_of_its_images(bench: Bench) -> None:
    run = ready(bench("vae").runs[0])
    walk = answered(run, WalkLook((3, 8))).value
    assert run.snapshot is not None
    codes = run.snapshot.encode(run.dataset.test.pixels[[3, 8]].astype(np.float32) / 255)
    assert codes is not None
    for way in (walk.straight, walk.arc):
        np.testing.assert_allclose(way.z[[0, -1]], codes.mu, atol=1e-5)
        assert np.isfinite(way.ratio).all()


@pytest.mark.parametrize("sampler", ["raw", "prior", "gmm"])
def test_new_pictures_come_with_the_nearest_training_images(
    bench: Bench, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NewPicturesLook, "interval_s", 0.0)
    run = ready(bench("ae").runs[0])
    look = NewPicturesLook(sampler, 4, 1)
    first = answered(run, look).value  # at once
    assert len(first.images) == 4
    assert len(first.index) == 0
    for _ in range(300):  # as a page asks; the search among the training images is made meanwhile
        run.ask(look)
        if run.board.wait(lambda view: len(view.looks.value(NewPicturesLook, sampler).index) > 0, 0.1):
            break
    found = run.view.looks.value(NewPicturesLook, sampler)
    assert found is not None
    assert run.snapshot is not None
    np.testing.assert_array_equal(found.images, first.images)
    search = finish(run.reference.nearest())
    assert len(found.index) == 4
    for z, index in zip(found.z, found.index, strict=True):
        assert search.find(run.snapshot.decode(z[None])[0]).index == index

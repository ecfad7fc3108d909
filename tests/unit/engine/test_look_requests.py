"""Hole maps, walks and new pictures of real runs, asked for as a page does."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import pytest

from core.engine import look_requests
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.evaluation.training_codes import codes_of
from core.foundation.slices import finish
from core.probes.hole_maps import CELLS, KINDS, Kind, hole_map
from core.theory.latent_space import axis_plane

PATIENCE_S = 30.0
PLANE = axis_plane(0, 1, 2)
ORIGIN = np.zeros(2, np.float32)


def ready(run: Run) -> Run:
    assert run.board.wait(lambda view: view.status.state == "ready", PATIENCE_S)
    return run


def ask_map(run: Run, kind: Kind, key: Hashable = "here") -> None:
    assert run.snapshot is not None
    run.look_requests.want_map(run.snapshot, run.reference, kind, key, PLANE, ORIGIN)


def wait(run: Run, done: Callable[[View], bool]) -> View:
    assert run.board.wait(done, PATIENCE_S)
    return run.view


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_on_the_board_is_what_the_function_returns(bench: Callable[..., Experiment], kind: Kind) -> None:
    run = ready(bench("vae").runs[0])
    ask_map(run, kind)
    found = wait(run, lambda view: kind in view.holes).holes[kind]
    assert run.snapshot is not None
    training_codes = finish(codes_of(run.snapshot, run.reference))
    wanted = finish(hole_map(run.snapshot, run.reference.real_side, training_codes, kind, "here", PLANE, ORIGIN))
    np.testing.assert_array_equal(found.values, wanted.values)
    assert found.number == wanted.number
    assert found.values.shape == (CELLS, CELLS)


def test_every_kind_stays_until_it_is_asked_for_again(bench: Callable[..., Experiment]) -> None:
    run = ready(bench("ae").runs[0])
    for kind in ("stretch", "cycle"):
        ask_map(run, kind)
        wait(run, lambda view, kind=kind: kind in view.holes)  # type: ignore[misc]
    first = run.view.holes["cycle"]
    assert set(run.view.holes) == {"stretch", "cycle"}
    ask_map(run, "cycle")  # the same weights, the same plane: nothing to do
    ask_map(run, "stretch", "elsewhere")
    wait(run, lambda view: view.holes["stretch"].key == "elsewhere")
    assert run.view.holes["cycle"] is first


def test_a_model_without_an_encoder_has_two_of_the_maps(bench: Callable[..., Experiment]) -> None:
    run = ready(bench("gan").runs[0])
    for kind in KINDS:
        ask_map(run, kind)
        if kind in ("distance", "stretch"):
            wait(run, lambda view, kind=kind: kind in view.holes)  # type: ignore[misc]
    assert run.view.holes["stretch"].hole is None
    assert set(run.view.holes) == {"distance", "stretch"}
    assert run.snapshot is not None
    run.look_requests.want_walk(run.snapshot, run.reference, "pair", run.reference.subsets.shown[:2])
    assert run.view.walk is None


def test_a_walk_begins_and_ends_at_the_codes_of_its_images(bench: Callable[..., Experiment]) -> None:
    run = ready(bench("vae").runs[0])
    pair = run.reference.subsets.shown[:2]
    assert run.snapshot is not None
    run.look_requests.want_walk(run.snapshot, run.reference, "pair", pair)
    walk = wait(run, lambda view: view.walk is not None).walk
    codes = run.snapshot.encode(pair)
    assert walk is not None
    assert codes is not None
    for way in (walk.straight, walk.arc):
        np.testing.assert_allclose(way.z[[0, -1]], codes.mu, atol=1e-5)
        assert np.isfinite(way.ratio).all()


@pytest.mark.parametrize("sampler", ["raw", "prior", "gmm"])
def test_new_pictures_come_with_the_nearest_training_images(
    bench: Callable[..., Experiment], sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_requests, "AGAIN_S", 0.0)
    run = ready(bench("ae").runs[0])
    snapshot = run.snapshot
    assert snapshot is not None

    def ask() -> None:
        run.look_requests.want_new_pictures(snapshot, run.reference, (1, 4), sampler, 4, 1)

    ask()
    first = wait(run, lambda view: sampler in view.new_pictures).new_pictures[sampler]  # at once
    assert len(first.images) == 4
    assert len(first.index) == 0
    for _ in range(300):  # as a page asks; the search among the training images is made meanwhile
        ask()
        if run.board.wait(lambda view: len(view.new_pictures[sampler].index) > 0, 0.1):
            break
    found = run.view.new_pictures[sampler]
    assert found.key == (1, 4)
    np.testing.assert_array_equal(found.images, first.images)
    search = finish(run.reference.nearest())
    assert len(found.index) == 4
    for z, index in zip(found.z, found.index, strict=True):
        assert search.find(snapshot.decode(z[None])[0]).index == index


def test_a_restart_takes_everything_off_the_board(bench: Callable[..., Experiment]) -> None:
    run = ready(bench("ae").runs[0])
    ask_map(run, "stretch")
    wait(run, lambda view: "stretch" in view.holes)
    life = run.view.life
    run.restart()
    wait(run, lambda view: view.life > life)
    assert not run.view.holes
    ask_map(run, "stretch")
    wait(run, lambda view: "stretch" in view.holes)
    assert run.view.holes["stretch"].step == 0

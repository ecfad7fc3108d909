"""Looking changes nothing: the same weights, bit by bit, with the window open and without."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from PySide6.QtCore import QPointF

from core.engine.experiment import Experiment

STEPS = 120
MODELS = ("ae", "vae", "gan")


def weights(experiment: Experiment) -> dict[str, dict[str, torch.Tensor]]:
    """Weights of every run after its last step, by model."""
    state_dicts = {}
    for run in experiment.runs:
        assert run.board.wait(lambda view: view.status.state == "finished", 60.0), run.view.status
        snapshot = run.snapshot
        assert snapshot is not None
        assert snapshot.step == STEPS
        state_dicts[run.model_name] = snapshot.model.state_dict()
    return state_dicts


def test_weights_are_bit_equal_with_the_window_and_without(
    desk_window: Callable[..., Stage],  # noqa: F821
    make_experiment: Callable[..., Experiment],
) -> None:
    alone = make_experiment(*MODELS, steps=STEPS)
    alone.start()
    expected = weights(alone)

    stage = desk_window(MODELS, steps=STEPS)
    canvas = stage.panel("map", "vae")
    stage.window.lineup.show_row("film", True)
    stage.key("Space")
    stage.press(canvas, QPointF(100, 100))
    moves = 0

    def drag() -> bool:
        nonlocal moves
        moves += 1
        angle = 0.7 * moves
        stage.move(canvas, QPointF(120 + 80 * math.cos(angle), 120 + 80 * math.sin(angle)))
        if moves % 5 == 0:
            stage.key(("G", "T", "N", "E")[moves // 5 % 4])
        return stage.all_are("finished")()

    stage.until(drag)
    stage.release(canvas, QPointF(100, 100))
    assert moves > 5
    actual = weights(stage.desk.experiment)
    for model in MODELS:
        assert actual[model].keys() == expected[model].keys()
        for name, tensor in expected[model].items():
            assert torch.equal(actual[model][name], tensor), (model, name)
        spread = sum(float(tensor.abs().sum()) for tensor in expected[model].values())
        assert math.isfinite(spread)
        assert spread > 0

"""The Wasserstein autoencoder: its MMD, and that whatever shows a model shows this one as it declares itself."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.cli.main import main
from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.status import Status
from core.evaluation.training_codes import TrainingCodes
from core.foundation.history import History
from core.models.base import MODELS, Batch
from core.models.wae import FELT, SCALES, WEIGHT, WaeConfig, mmd
from core.probes.codes import TrainingCodesLook
from core.probes.look import Answer, Looks
from core.slow_motion.stepper import SlowMotion
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training, columns_of
from core.verdicts import Verdict, judge
from tests.unit.verdicts import test_provoked

Tiny = Callable[..., Dataset]
watch = test_provoked.watch
"""A fixture: real runs that are judged after each look."""


def drawn(count: int, dims: int, seed: int) -> torch.Tensor:
    return torch.randn(count, dims, generator=torch.Generator().manual_seed(seed))


def by_hand(x: Any, y: Any) -> float:
    """The U-statistic of Tolstikhin et al. 2018, algorithm 2, by two loops over points in float64."""
    count, dims = x.shape
    total = 0.0
    for scale in SCALES:
        c = scale * 2 * dims * 1.0

        def k(a: Any, b: Any, c: float = c) -> float:
            return float(c / (c + np.square(a - b).sum()))

        for i in range(count):
            for j in range(count):
                if i != j:
                    total += (k(x[i], x[j]) + k(y[i], y[j])) / (count * (count - 1))
                total -= 2 * k(x[i], y[j]) / count**2
    return total


@pytest.mark.parametrize(("count", "dims"), [(2, 1), (9, 2), (16, 10)])
@pytest.mark.parametrize(("shift", "spread"), [(0.0, 1.0), (3.0, 0.2), (-40.0, 5.0)])
def test_the_mmd_is_the_double_sum(count: int, dims: int, shift: float, spread: float) -> None:
    codes, prior = shift + spread * drawn(count, dims, 1), drawn(count, dims, 2)
    truth = by_hand(codes.double().numpy(), prior.double().numpy())
    assert float(mmd(codes, prior)) == pytest.approx(truth, rel=1e-4, abs=2e-5)


@pytest.mark.parametrize("dims", [1, 2, 10])
def test_it_is_zero_in_the_mean_where_codes_are_drawn_from_the_prior(dims: int) -> None:
    found = np.array([float(mmd(drawn(16, dims, 2 * seed), drawn(16, dims, 2 * seed + 1))) for seed in range(1_000)])
    error = found.std() / math.sqrt(len(found))
    assert abs(found.mean()) < 3 * error
    assert (found < 0).any()  # unbiased: a biased estimate is never below zero
    assert 2 * sum(SCALES) / 16 > 30 * error  # and pairs of a point with itself would have been seen
    away = np.array([float(mmd(0.5 + drawn(16, dims, 2 * seed), drawn(16, dims, 2 * seed + 1))) for seed in range(200)])
    assert away.mean() > 10 * error


def test_its_gradient_pulls_codes_to_the_prior_and_pushes_them_apart() -> None:
    prior = drawn(256, 2, 1)
    beside = (3.0 + 0.5 * drawn(256, 2, 2)).requires_grad_()
    (slope,) = torch.autograd.grad(mmd(beside, prior), beside)
    assert (slope.mean(0) > 0).all()  # downhill is toward zero
    close = (0.1 * drawn(256, 2, 3)).requires_grad_()
    (slope,) = torch.autograd.grad(mmd(close, prior), close)
    assert float((slope * close.detach()).sum()) < 0  # downhill is outward
    wide = (4.0 * drawn(256, 2, 3)).requires_grad_()
    (slope,) = torch.autograd.grad(mmd(wide, prior), wide)
    assert float((slope * wide.detach()).sum()) > 0


def test_one_code_alone_is_not_pulled() -> None:
    code = torch.full((1, 3), 2.0, requires_grad=True)
    value = mmd(code, drawn(1, 3, 0))
    value.backward()
    assert float(value.detach()) == 0.0
    assert code.grad is not None
    assert not code.grad.any()


def test_half_precision_does_not_reach_its_distances() -> None:
    codes, prior = 5.0 + drawn(32, 2, 1), drawn(32, 2, 2)
    with torch.autocast("cpu", torch.bfloat16):
        half = mmd(codes, prior)
    assert half.dtype == torch.float32
    assert torch.equal(half, mmd(codes, prior))


# --- in training -----------------------------------------------------------------------------------------------------


def made(data: Dataset, steps: int = 0, latent: int = 2, **knobs: Any) -> Training:
    setup = Setup(batch=32, seed=3, device="cpu", network="mlp", latent=latent)
    config = WaeConfig(hidden="24, 16", **knobs)
    training = Training("wae", config, setup, DeviceDataset(data, torch.device("cpu")))
    for _ in range(steps):
        training.advance()
    return training


def row(training: Training) -> dict[str, float]:
    return dict(zip(training.columns, training.take_rows()[-1, 2:].tolist(), strict=True))


def test_the_objective_is_distortion_plus_lambda_mmd_against_the_batchs_own_noise(tiny: Tiny) -> None:
    training = made(tiny(), 3, mmd_weight=7.0)
    phase, _, _ = training.turns[0]
    noise = torch.Generator()
    noise.set_state(training.noise.get_state())
    x = training.copy().batches.next()
    loss, terms = phase.loss(Batch(x, training.config, 3, training.noise))
    posterior = training.model.encode(x)
    assert posterior is not None
    assert posterior.sigma is None
    assert torch.equal(terms["mmd"], mmd(posterior.mu, torch.randn(32, 2, generator=noise)))
    assert loss.item() == pytest.approx(terms["distortion"].item() + 7.0 * terms["mmd"].item(), rel=1e-6)


def test_lambda_gives_the_codes_the_shape_of_the_prior(tiny: Tiny) -> None:
    def codes(weight: float) -> tuple[float, torch.Tensor]:
        training = made(tiny(), 400, mmd_weight=weight)
        apart = float(training.take_rows()[-100:, 2 + training.columns.index("mmd")].mean())
        posterior = training.model.encode(training.batches.next())
        assert posterior is not None
        return apart, posterior.mu.detach()

    free, held = codes(0.0), codes(300.0)
    assert held[0] < 0.2 * free[0]
    assert float(held[1].mean(0).norm()) < 0.5
    assert ((held[1].std(0) > 0.6) & (held[1].std(0) < 1.3)).all()


# --- everywhere else -------------------------------------------------------------------------------------------------


def test_it_stands_between_the_vae_and_the_gan() -> None:
    names = MODELS.names()
    assert names.index("vae") < names.index("wae") < names.index("gan")


def test_slow_motion_tells_the_match_as_a_way_of_its_own(tiny: Tiny) -> None:
    training = made(tiny(), 2, mmd_weight=50.0)
    noise = torch.Generator()
    noise.set_state(training.noise.get_state())
    motion = SlowMotion(training.copy())
    step = motion.step()
    turn = step.turns[0]
    stages = {stage.name: stage for stage in turn.stages}
    assert list(stages) == ["batch", "encode", "match", "decode", "terms", "backward", "update"]
    training.advance()
    truth = row(training)
    told = {number.name: number.value for number in stages["terms"].numbers}
    assert told == pytest.approx(
        {
            "Distortion D": truth["distortion"],
            "Mismatch M": truth["mmd"],
            "MMD weight λ": 50.0,
            "Loss D + λ·M": truth["objective"],
        },
        rel=1e-6,
    )
    match, columns = stages["match"], {column.key: column for column in turn.columns}
    assert match.active == {"z", "mmd", "mmd prior"}
    np.testing.assert_array_equal(match.values["mmd prior"], torch.randn(32, 2, generator=noise)[0].numpy())
    assert columns["mmd prior"].slot == columns["z"].slot
    assert (columns["mmd"].kind, columns["mmd"].over) == ("term", ("z",))
    assert columns["loss"].follows == ("mmd", "distortion")
    assert [number.name for number in match.numbers] == [
        *("Mean of z₁", "Mean of z₂", "Spread of z₁", "Spread of z₂"),
        *("Mismatch M", "λ·M"),
    ]
    assert "from M to the code at once" in stages["backward"].sentence


@pytest.mark.parametrize("weight", [0.0, 1e4])
def test_the_gradient_by_the_code_in_slow_motion_has_both_ways(weight: float, tiny: Tiny) -> None:
    training = made(tiny(), 2, mmd_weight=weight)
    step = SlowMotion(training.copy()).step()
    gradient = next(stage for stage in step.turns[0].stages if stage.name == "backward").gradients["z"]
    x, phase = training.batches.next(), training.turns[0][0]
    posterior = training.model.encode(x)
    assert posterior is not None
    code = posterior.mu.detach().requires_grad_()
    training.model.code = lambda x: code  # type: ignore[assignment]
    loss, terms = phase.loss(Batch(x, training.config, 2, training.noise))
    (whole,) = torch.autograd.grad(loss, code, retain_graph=True)
    (straight,) = torch.autograd.grad(terms["mmd"], code)
    np.testing.assert_allclose(gradient, whole[0].numpy(), rtol=1e-4, atol=1e-6)
    share = weight * float(straight[0].norm()) / float(whole[0].norm())
    assert share == 0.0 if weight == 0.0 else share > 0.5


def judged(share: float, data: Dataset, **knobs: Any) -> dict[str, Verdict]:
    config, rows = WaeConfig(**knobs), History(columns_of("wae"))
    rows.append(np.column_stack([np.arange(1.0, 2_001), *np.ones((4, 2_000))]))
    codes = TrainingCodes(np.zeros((4, 2), np.float32), 1.0, share)
    looks = Looks().plus(Answer(TrainingCodesLook(), 2_000, codes))
    view = View(Status("training", 2_000), config=config, history=rows.table(), looks=looks)
    return {verdict.name: verdict for verdict in judge(view, MODELS.get("wae"), data, config)}


def test_holes_are_judged_by_its_prior_and_offer_lambda_only_where_it_helps(tiny: Tiny) -> None:
    assert judged(0.3, tiny()) == {}
    found = judged(0.5, tiny(), mmd_weight=FELT / 2)["holes"]
    assert found.tone == "warn"  # it has a prior to fill
    assert "λ = 30" in found.threshold
    assert found.action is not None
    assert (found.action.label, found.action.name, found.action.value) == (
        "Set MMD weight λ to 30",
        "mmd_weight",
        WEIGHT,
    )
    assert dataclasses.replace(WaeConfig(), mmd_weight=WEIGHT) == WaeConfig()
    found = judged(0.5, tiny())["holes"]
    assert found.action is not None
    assert (found.action.kind, found.action.value) == ("sampler", "gmm")


def test_a_healthy_run_hears_nothing_bad(mnist: Dataset, watch: Callable[..., test_provoked.Watched]) -> None:
    lane = watch("wae", mnist)
    for steps in (500, 150):
        lane.go(steps)
    assert [verdict for verdict in lane.all_verdicts if verdict.tone != "good"] == []


def test_what_a_verdict_offers_closes_holes(mnist: Dataset, watch: Callable[..., test_provoked.Watched]) -> None:
    lane = watch("wae", mnist, latent=10, mmd_weight=0.0)
    lane.go(500)
    action = judged(0.7, mnist, mmd_weight=0.0)["holes"].action
    codes = lane.run.view.looks.value(TrainingCodesLook)
    assert action is not None
    assert codes is not None
    assert codes.hole_share > 0.6
    lane.run.set(action.name, action.value)
    lane.go(500)
    filled = lane.run.view.looks.value(TrainingCodesLook)
    assert filled is not None
    assert filled.hole_share < codes.hole_share - 0.05


def test_the_command_line_trains_it(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    words = "train --model wae --dataset shapes --train-images 1000 --steps 20 --mmd-weight 5 --json --device cpu"
    assert main([*words.split(), "--threads", "1", "--out", str(tmp_path / "run")]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["config"]["mmd_weight"] == 5.0
    assert lines[-1]["test"]["distortion"] > 0
    assert lines[-1]["test"]["rate"] is None

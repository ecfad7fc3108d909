"""The stages of each model: their order, and numbers that agree with what the objectives return."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset
from core.foundation.params import changed
from core.foundation.pixels import display
from core.models import vae
from core.models.autoencoders import CHART
from core.models.base import MODELS, AutoencoderConfig, Batch, Model, Phase
from core.models.narration import CodedTurn, GameTurn, Narration
from core.nets.objectives import distortion
from core.slow_motion.narrate import picture
from core.slow_motion.recorder import Recorder
from core.slow_motion.stages import Scene, Stage, StepRecord
from core.slow_motion.stepper import SlowMotion
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training

Tiny = Callable[..., Dataset]
PATIENCE_S = 30.0
JUDGE = ["batch", "z", "fake batch", "judge real", "judge fake", "terms", "backward", "update"]
CRITIC = [*JUDGE[:-3], "penalty", *JUDGE[-3:]]
FOOL = ["z", "fake batch", "judge fake", "terms", "backward", "update"]
ORDER = {
    "ae": [["batch", "encode", "decode", "terms", "backward", "update"]],
    "sparse_ae": [["batch", "encode", "price", "decode", "terms", "backward", "update"]],
    "denoising_ae": [["batch", "corrupt", "encode", "decode", "terms", "backward", "update"]],
    "vae": [["batch", "encode", "epsilon", "z", "decode", "terms", "backward", "update"]],
    "gan": [JUDGE, FOOL],
    "wgan_gp": [CRITIC, CRITIC, CRITIC, FOOL],
}


def trained(name: str, data: Dataset, steps: int = 2, **knobs: Any) -> Training:
    config = MODELS.get(name).Config(hidden="24, 16", **knobs)
    training = Training(
        name, config, Setup(batch=8, seed=3, device="cpu", network="mlp"), DeviceDataset(data, torch.device("cpu"))
    )
    for _ in range(steps):
        training.advance()
    return training


def at(step: StepRecord, name: str, turn: int = 0) -> Stage:
    return next(stage for stage in step.turns[turn].stages if stage.name == name)


def numbers(stage: Stage) -> dict[str, float]:
    return {number.name: number.value for number in stage.numbers}


def row(training: Training) -> dict[str, float]:
    """The terms of the last step as the training itself recorded them."""
    return dict(zip(training.columns, training.take_rows()[-1, 2:].tolist(), strict=True))


@pytest.mark.parametrize("name", ORDER)
def test_stages_come_in_the_order_of_the_step(name: str, tiny: Tiny) -> None:
    step = SlowMotion(trained(name, tiny())).step()
    assert [[stage.name for stage in turn.stages] for turn in step.turns] == ORDER[name]
    assert step.number == 3
    titles = {"gan": ["D", "G"], "wgan_gp": ["Critic 1 of 3", "Critic 2 of 3", "Critic 3 of 3", "G"]}
    assert [turn.title for turn in step.turns] == titles.get(name, [""])


ENCODER, DECODER = ("encoder.1", "encoder.3"), ("decoder.0", "decoder.2")
GENERATOR, SCORES = ("generator.0", "generator.1", "generator.3"), ("scores.body.1", "scores.body.3")
CODED = {"batch": ("x",), "encode": (*ENCODER, "z"), "decode": (*DECODER, "x_hat")}
FAKED = {"z": ("z",), "fake batch": (*GENERATOR, "fake"), "judge fake": ("fake", *SCORES, "score")}
JUDGED = {"batch": ("x",), **FAKED, "judge real": ("x", *SCORES, "score")}
CRITICISED = {**JUDGED, "penalty": ("between", *SCORES, "score")}
LIT: dict[str, list[dict[str, tuple[str, ...]]]] = {
    "ae": [CODED],
    "sparse_ae": [{**CODED, "price": ("z", "sparsity")}],
    "denoising_ae": [{**CODED, "corrupt": ("corrupted",)}],
    "vae": [{**CODED, "encode": (*ENCODER, "mu", "sigma"), "epsilon": ("epsilon",), "z": ("z",)}],
    "gan": [JUDGED, FAKED],
    "wgan_gp": [CRITICISED, CRITICISED, CRITICISED, FAKED],
}
"""The columns that are at work in each stage up to the terms, turn by turn."""


@pytest.mark.parametrize("name", LIT)
def test_only_the_columns_at_work_are_active(name: str, tiny: Tiny) -> None:
    step = SlowMotion(trained(name, tiny())).step()
    for turn, lit in zip(step.turns, LIT[name], strict=True):
        stages = [stage for stage in turn.stages if stage.name not in ("terms", "backward", "update")]
        assert {stage.name: stage.active for stage in stages} == {key: frozenset(each) for key, each in lit.items()}
        reached: set[str] = set()
        for stage in stages:  # columns hold something from their first stage on, and nothing before
            reached |= stage.active
            assert {*stage.values, *stage.pictures} == reached, stage.name


@pytest.mark.parametrize("knobs", [{"beta": 4.0}, {"beta": 0.5, "free_bits": 0.4}, {"samples": 3}])
def test_the_terms_of_a_vae_are_those_of_its_history_and_add_up(knobs: dict[str, Any], tiny: Tiny) -> None:
    training = trained("vae", tiny(), **knobs)
    shown = numbers(at(SlowMotion(training.copy()).step(), "terms"))
    training.advance()
    truth = row(training)
    assert shown["Distortion D"] == pytest.approx(truth["distortion"], rel=1e-6)
    assert shown["Rate R"] == pytest.approx(truth["rate"], rel=1e-6)
    loss = shown.get("Loss D + β·R", shown.get("Loss D + β·R′"))
    assert loss == pytest.approx(truth["objective"], rel=1e-6)
    assert loss == pytest.approx(
        shown["Distortion D"] + shown["KL weight β"] * shown.get("Rate paid R′", shown["Rate R"]), rel=1e-5
    )


def test_the_weight_of_a_warm_up_is_that_of_the_step(tiny: Tiny) -> None:
    training = trained("vae", tiny(), steps=3, beta=2.0, schedule="warm-up", schedule_steps=10)
    shown = numbers(at(SlowMotion(training).step(), "terms"))
    assert shown["KL weight β"] == vae.beta_at(training.config, 3) == pytest.approx(0.6)


def test_z_is_mu_plus_sigma_epsilon_and_the_rate_of_one_is_its_kl(tiny: Tiny) -> None:
    training = trained("vae", tiny())
    noise = torch.Generator()
    noise.set_state(training.noise.get_state())
    step = SlowMotion(training).step()
    known = at(step, "z").values
    np.testing.assert_allclose(known["z"], known["mu"] + known["sigma"] * known["epsilon"], rtol=1e-5)
    np.testing.assert_array_equal(known["epsilon"], torch.randn(8, 2, generator=noise)[0].numpy())
    mu, sigma = known["mu"], known["sigma"]
    kl = 0.5 * (np.square(mu) + np.square(sigma) - 1 - 2 * np.log(sigma)).sum()
    assert numbers(at(step, "encode"))["Rate of this one"] == pytest.approx(float(kl), rel=1e-4)


@pytest.mark.parametrize("knobs", [{}, {"penalty": "kl"}])
def test_the_price_of_a_sparse_code_is_in_its_loss(knobs: dict[str, Any], tiny: Tiny) -> None:
    training = trained("sparse_ae", tiny(), sparsity=2.5, **knobs)
    shown = numbers(at(SlowMotion(training.copy()).step(), "terms"))
    training.advance()
    truth = row(training)
    assert shown["Loss D + λ·S"] == pytest.approx(truth["objective"], rel=1e-6)
    assert shown["Loss D + λ·S"] == pytest.approx(shown["Distortion D"] + 2.5 * shown["Price of activity S"], rel=1e-5)


def test_a_denoising_autoencoder_shows_what_its_encoder_saw(tiny: Tiny) -> None:
    training = trained("denoising_ae", tiny(), steps=8, amount=0.6)
    step = SlowMotion(training).step()  # at step 8 it also encodes clean images
    pictures = at(step, "encode").pictures
    masked = pictures["x"] != pictures["corrupted"]
    assert masked.any()
    assert (pictures["corrupted"][masked] == 0).all()


@pytest.mark.parametrize("smoothing", [1.0, 0.8])
def test_both_halves_of_ds_loss_and_the_penalty_at_every_sixteenth_step(smoothing: float, tiny: Tiny) -> None:
    training = trained("gan", tiny(), steps=16, smoothing=smoothing, r1=3.0)
    motion = SlowMotion(training.copy())
    first = motion.step()
    shown = numbers(at(first, "terms"))
    training.advance()
    truth = row(training)
    assert shown["D’s loss"] == pytest.approx(truth["d_loss"], rel=1e-6)
    assert shown["On real"] + shown["On fake"] == pytest.approx(shown["D’s loss"], rel=1e-6)
    assert shown["On real"] > 0
    assert shown["R1 penalty"] > 0
    assert numbers(at(first, "terms", 1))["G’s loss"] == pytest.approx(truth["g_loss"], rel=1e-6)
    assert "R1 penalty" not in numbers(at(motion.step(), "terms"))


def test_packs_of_images_are_judged_at_once(tiny: Tiny) -> None:
    step = SlowMotion(trained("gan", tiny(), packing=2)).step()
    assert not step.trouble
    assert numbers(at(step, "judge real"))["Called real"] in (0.0, 25.0, 50.0, 75.0, 100.0)  # four packs of two


@pytest.mark.parametrize(
    ("packing", "places"), [(1, [(0, 0)]), (2, [(14, 0), (14, 28)]), (3, [(0, 0), (0, 28), (28, 0)])]
)
def test_a_drawing_shows_the_whole_pack(tiny: Tiny, packing: int, places: list[tuple[int, int]]) -> None:
    """All that D gets at once: real ones that follow each other, and as many fakes."""
    training = trained("gan", tiny(), packing=packing)
    real = display(training.copy().batches.next().cpu().numpy())
    step = SlowMotion(training).step()
    shown = at(step, "batch").pictures["x"]
    side = 28 * math.ceil(math.sqrt(packing))
    assert shown.shape == at(step, "fake batch").pictures["fake"].shape == (side, side)
    for image, (top, left) in zip(real, places, strict=False):
        np.testing.assert_array_equal(shown[top : top + 28, left : left + 28], image)
    said = f"the first {packing}, which are judged together" in at(step, "batch").sentence
    assert said == (packing > 1)


def test_a_drawing_shows_all_points_of_a_pack() -> None:
    points = torch.tensor([[0.5, 0.5], [-0.5, -0.5], [1.0, 0.0]])[:, :, None, None]
    both = picture(points, 2)
    np.testing.assert_array_equal(both, np.maximum(picture(points), picture(points[1:])))
    np.testing.assert_array_equal(picture(points[:1], 2), picture(points))  # a pack of too few is filled up


def test_the_critics_distance_penalty_and_loss_agree(tiny: Tiny) -> None:
    training = trained("wgan_gp", tiny())
    step = SlowMotion(training.copy()).step()
    shown = numbers(at(step, "terms", 2))
    training.advance()
    truth = row(training)  # of the last of the three
    assert shown["Distance"] == pytest.approx(truth["distance"], abs=1e-6)
    assert shown["Loss: penalty − distance"] == pytest.approx(truth["d_loss"], rel=1e-6)
    real, fake = (numbers(at(step, name, 2))["Mean value"] for name in ("judge real", "judge fake"))
    assert shown["Distance"] == pytest.approx(real - fake, abs=1e-5)
    assert shown["Penalty λ·E(‖∇‖ − 1)²"] > 0


@pytest.mark.parametrize("turn", [0, 2])
def test_the_critics_slopes_make_the_penalty(turn: int, tiny: Tiny) -> None:
    step = SlowMotion(trained("wgan_gp", tiny(), penalty=7.0)).step()
    shown = numbers(at(step, "penalty", turn))
    terms = numbers(at(step, "terms", turn))
    assert shown["Penalty λ·E(‖∇‖ − 1)²"] == terms["Penalty λ·E(‖∇‖ − 1)²"] > 0
    assert shown["Slope at this one"] != shown["Mean slope"]
    pictures = at(step, "penalty", turn).pictures
    low, high = np.minimum(pictures["x"], pictures["fake"]), np.maximum(pictures["x"], pictures["fake"])
    assert (pictures["between"] >= low.astype(int) - 1).all()
    assert (pictures["between"] <= high.astype(int) + 1).all()
    assert not np.array_equal(pictures["between"], pictures["x"])
    assert "between" not in at(step, "judge fake", turn).pictures


@pytest.mark.parametrize(("name", "knobs"), [("wgan_gp", {"penalty": 7.0}), ("gan", {"r1": 3.0})])
def test_slopes_are_the_gradients_by_the_input(name: str, knobs: dict[str, float], tiny: Tiny) -> None:
    training = trained(name, tiny(), steps=16, **knobs)  # D's penalty comes at every 16th step
    recorder = Recorder(training.model)
    before = copy.deepcopy(training.model)
    with recorder.listening():
        training.advance(recorder)
    seen = recorder.turns[0]
    probe = seen.probes["scores"]
    assert probe.slopes is not None
    x = probe.input.detach().requires_grad_()
    (slope,) = torch.autograd.grad(before.scores(x).sum() / (2 if name == "wgan_gp" else 1), x)
    lengths = slope.flatten(1).norm(2, dim=1).numpy()
    np.testing.assert_allclose(probe.slopes, lengths, rtol=1e-4)
    if name == "wgan_gp":
        assert 7.0 * np.square(lengths - 1).mean() == pytest.approx(seen.loss + seen.terms["distance"], rel=1e-4)
    else:
        penalty = 0.5 * 3.0 * 16 * np.square(lengths / 2).mean()
        assert penalty == pytest.approx(seen.loss - seen.terms["d_loss"], rel=1e-3)


def test_the_penalty_stage_comes_only_in_steps_with_a_penalty(tiny: Tiny) -> None:
    motion = SlowMotion(trained("gan", tiny(), steps=16, r1=3.0, packing=2))
    paid = motion.step()
    assert numbers(at(paid, "penalty"))["R1 penalty"] == numbers(at(paid, "terms"))["R1 penalty"]
    assert "Slope at the first 2" in numbers(at(paid, "penalty"))
    assert "penalty" not in [stage.name for stage in motion.step().turns[0].stages]


@pytest.mark.parametrize(
    ("name", "second", "letter", "source"), [("vae", "rate", "R", "mu"), ("sparse_ae", "sparsity", "S", "z")]
)
def test_each_term_of_the_loss_has_its_own_gradient_path(
    name: str, second: str, letter: str, source: str, tiny: Tiny
) -> None:
    step = SlowMotion(trained(name, tiny())).step()
    columns = {column.key: column for column in step.turns[0].columns}
    assert columns["loss"].follows == (second, "distortion")
    assert (columns[second].over[0], columns[second].title) == (source, letter)
    assert columns["distortion"].follows == ("x_hat",)
    shown, stage = numbers(at(step, "terms")), at(step, "terms")
    assert stage.values[second][0] == pytest.approx(next(v for n, v in shown.items() if n.endswith(f" {letter}")))
    assert stage.values["distortion"][0] == pytest.approx(shown["Distortion D"])
    assert second not in at(step, "decode").values or name == "sparse_ae"
    back = at(step, "backward")
    assert {second, "distortion", "loss"} <= back.active
    assert f"from {letter} to" in back.sentence


@pytest.mark.parametrize("penalty", ["l1", "kl"])
def test_the_price_of_a_code_is_narrated_before_decoding(penalty: str, tiny: Tiny) -> None:
    step = SlowMotion(trained("sparse_ae", tiny(), penalty=penalty, sparsity=2.5)).step()
    shown, z = numbers(at(step, "price")), at(step, "encode").values["z"]
    assert shown["Price of activity S"] == numbers(at(step, "terms"))["Price of activity S"]
    assert shown["λ·S"] == pytest.approx(2.5 * shown["Price of activity S"])
    if penalty == "l1":
        assert shown["Σ|a| of this one"] == pytest.approx(float(np.abs(z).sum()), rel=1e-5)
    else:
        assert shown["Target activity ρ"] == 0.1
        assert 0 < shown["Mean of z₁"] < 1


def test_gradients_and_moves_are_those_of_the_step(tiny: Tiny) -> None:
    training = trained("vae", tiny(), optimiser="sgd")
    motion = SlowMotion(training.copy())
    step = motion.step()
    twin = training.copy()
    phase, _, parameters = twin.turns[0]
    loss, _ = phase.loss(Batch(twin.batches.next(), twin.config, twin.step, twin.noise))
    grads = torch.autograd.grad(loss, parameters)
    length = math.sqrt(sum(float(grad.square().sum()) for grad in grads))
    assert numbers(at(step, "backward"))["Length of the gradient"] == pytest.approx(length, rel=1e-4)
    first = math.sqrt(float(grads[0].square().sum() + grads[1].square().sum()))
    assert at(step, "backward").marks["encoder.1"] == pytest.approx(first, rel=1e-4)
    update = numbers(at(step, "update"))
    assert update["Length of the move"] == pytest.approx(training.config.lr * length, rel=1e-3)  # plain descent


def test_units_are_those_of_the_layer_after_its_activation(tiny: Tiny) -> None:
    training = trained("ae", tiny())
    x = training.copy().batches.next()
    hidden = training.model.get_submodule("encoder")[:3](x).detach()[0]  # type: ignore[operator]
    values = at(SlowMotion(training).step(), "encode").values["encoder.1"]
    assert len(values) == 12
    assert (values >= 0).all()
    assert values[0] == pytest.approx(float(hidden[0]), abs=1e-5)
    assert values[-1] == pytest.approx(float(hidden[-1]), abs=1e-5)


def test_the_weights_before_stay_until_the_next_step(tiny: Tiny) -> None:
    motion = SlowMotion(trained("gan", tiny()))
    before = {name: value.clone() for name, value in motion.after.model.state_dict().items()}
    motion.step()
    assert all(torch.equal(before[name], value) for name, value in motion.before.model.state_dict().items())
    after = motion.after
    again = motion.again(["generator"])
    assert [turn.name for turn in again.turns] == ["generator"]
    assert motion.after is not after
    assert all(torch.equal(before[name], value) for name, value in motion.before.model.state_dict().items())
    assert motion.step().number == again.number + 1


def test_a_step_that_diverges_ends_at_the_first_number_that_is_not_finite(tiny: Tiny) -> None:
    training = trained("vae", tiny())
    training.set_config(changed(training.config, "lr", 1e9))
    motion = SlowMotion(training)
    step = motion.step()
    for _ in range(6):
        if step.trouble:
            break
        step = motion.step()
    assert step.trouble
    stages = step.turns[-1].stages
    assert stages[-1].trouble == step.trouble
    assert not any(stage.trouble for stage in stages[:-1])
    assert all(math.isfinite(number.value) for stage in stages[:-1] for number in stage.numbers)


class Undescribed(Model[AutoencoderConfig]):
    """A line through the data and back, by networks of other names and shapes."""

    title, short, Config = "Undescribed", "U", AutoencoderConfig
    chart, columns, watched = CHART, ("distortion",), ("distortion",)

    def __init__(self, config: Any, shape: Any, network: str) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(shape.pixels, 2), torch.nn.Linear(2, shape.pixels)

    def phases(self) -> tuple[Phase[AutoencoderConfig], ...]:
        return (Phase("line", (self,), self._loss),)

    def logits(self, z: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.second(z).view(-1, *self.shape.image)
        return logits

    def _loss(self, batch: Batch[AutoencoderConfig]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        loss = distortion(self.logits(self.first(batch.x.flatten(1))), batch.x, "bernoulli", 0.1)
        return loss, {"distortion": loss}


def test_a_model_without_declarations_is_narrated_layer_by_layer(tiny: Tiny) -> None:
    MODELS.register("undescribed")(Undescribed)
    try:
        training = trained("undescribed", tiny())
        step = SlowMotion(training.copy()).step()
        training.advance()
        truth = row(training)
    finally:
        MODELS.forget("undescribed")
    assert [stage.name for stage in step.turns[0].stages] == ["batch", "forward", "terms", "backward", "update"]
    assert numbers(at(step, "terms"))["distortion"] == pytest.approx(truth["distortion"])
    assert set(at(step, "update").marks) == {"first", "second"}
    assert at(step, "backward").gradients


@pytest.mark.parametrize(
    "wrong",
    [
        CodedTurn(distortion="fit"),
        CodedTurn(decoder="painter"),
        CodedTurn(posterior=True),
        GameTurn("judge", "D", "", "", (), ""),
    ],
)
def test_a_turn_that_did_not_run_as_declared_is_narrated_layer_by_layer(wrong: Narration, tiny: Tiny) -> None:
    training = trained("ae", tiny())
    phase, optimiser, parameters = training.turns[0]
    training.turns[0] = dataclasses.replace(phase, narration=lambda config, step: wrong), optimiser, parameters
    step = SlowMotion(training).step()
    assert [stage.name for stage in step.turns[0].stages] == ["batch", "forward", "terms", "backward", "update"]


def test_several_terms_of_the_code_have_a_circle_and_a_letter_each(tiny: Tiny) -> None:
    training = trained("sparse_ae", tiny())
    phase, optimiser, parameters = training.turns[0]
    declared = phase.narration(training.config, 0)  # type: ignore[misc]
    assert isinstance(declared, CodedTurn)
    other = dataclasses.replace(declared.terms[0], column="objective", letter="T", cost="much more", stage=None)
    twice = dataclasses.replace(declared, terms=(*declared.terms, other))
    training.turns[0] = dataclasses.replace(phase, narration=lambda config, step: twice), optimiser, parameters
    step = SlowMotion(training).step()
    columns = {column.key: column for column in step.turns[0].columns}
    assert columns["loss"].follows == ("sparsity", "objective", "distortion")
    assert columns["objective"].slot == columns["sparsity"].slot
    assert at(step, "terms").sentence == "Three costs: how badly x̂ fits x, how active the code is, and much more."
    assert "Loss D + λ·S + λ·T" in numbers(at(step, "terms"))
    assert "from S, and T to the code at once" in at(step, "backward").sentence


def test_a_scene_adds_nothing_after_trouble() -> None:
    scene = Scene("x", "")
    scene.column("a", "a", "1")
    from core.slow_motion.stages import Number

    scene.stage("one", "One", "One.", ["a"], [Number("n", math.inf)])
    scene.stage("two", "Two", "Two.", ["a"], [Number("n", 1.0)])
    assert [stage.trouble for stage in scene.turn().stages] == ["n is infinite"]

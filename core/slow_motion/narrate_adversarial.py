"""A turn of D or of G told in stages: real batch, fake batch, what D says of each, terms, backward, update."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core.foundation.arrays import Floats
from core.models.adversarial import Adversarial
from core.models.gan import PENALTY_EVERY
from core.slow_motion.narrate import (
    array,
    backward_stage,
    batch_stage,
    decoded,
    last_of,
    layer_columns,
    noun_of,
    picture,
    pulls_of,
    size_of,
    terms_stage,
    unit_of,
    update_stage,
    values_of,
)
from core.slow_motion.recorder import Call, Seen, evenly
from core.slow_motion.stages import Number, PhaseRecord, Scene
from core.training.training import Training

PENALTY = "Penalty λ·E(‖∇‖ − 1)²"
SLOPE = "The length ‖∇‖ of the gradient by the input: how fast the score rises on the steepest way"


def adversarial_turn(model: Adversarial, training: Training, seen: Seen, ordinal: str) -> PhaseRecord:
    """Whoever's weights move names the turn: "D" (a critic, where its scores are values) or "G"."""
    judging = model.scores in seen.phase.modules
    judge = "D" if model.judges == "probability" else "the critic"
    probe = seen.probes.get("scores") if judging else None
    between = probe is not None and model.judges == "value"
    scene = Scene(seen.phase.name, f"{_short(judge) if judging else 'G'} {ordinal}".strip())
    generator, scores = seen.calls["generator"], seen.calls["scores"]
    scene.column("z", "z", str(model.latent), tip="Noise from N(0, 1)")
    up = layer_columns(scene, generator, "G", "z", len(generator.layers) - 1)
    if judging:
        scene.column("x", "real x", size_of(model), "picture")
        scene.column("fake", "fake G(z)", size_of(model), "picture", (last_of(up, "z"),), beside=True)
        if between:
            tip = "A random place on the line between a real one and a fake one"
            scene.column("between", "between", size_of(model), "picture", beside=True, tip=tip)
    else:
        scene.column("fake", "fake G(z)", size_of(model), "picture", (last_of(up, "z"),))
    body = layer_columns(scene, scores, _short(judge), "fake", len(scores.layers) - 1)
    if judging and body:  # the lines of both pictures
        at = next(k for k, column in enumerate(scene.columns) if column.key == next(iter(body.values())))
        first = scene.columns[at]
        follows = ("x", "fake", "between") if between else ("x", "fake")
        scene.columns[at] = dataclasses.replace(first, follows=follows)
    scene.column("score", "score", "1", follows=(last_of(body, "fake"),), tip=f"What {judge} says of one example")
    scene.column("loss", "loss", "", "loss", ("score",))
    said = scores.output[:, 0]  # (N,) of real ones and then of drawn ones, or of drawn ones alone
    real, fake = said.chunk(2) if judging else (said[:0], said)
    second = 1 if judging else 0  # the row of the first drawn one
    pack = getattr(seen.batch.config, "packing", 1)
    real_target = getattr(seen.batch.config, "smoothing", 1.0)
    together = "" if pack == 1 else f", {pack} at a time"

    if judging:
        batch_stage(scene, training, seen, "Real batch")
    _draw(scene, model, seen, values_of(generator, up))
    if judging:
        known = {**values_of(scores, body), "score": array(real[:1])}
        words = f"{_capital(judge)} looks at the real {noun_of(model)}s{together}. {_wish(model, real_target)}"
        active = {"x", *body.values(), "score"}
        scene.stage(
            "judge real", f"{_short(judge)} on real", words, active, _verdict(model, real, "x", pack), values=known
        )
    known = {**values_of(scores, body, second), "score": array(fake[:1])}
    words = f"{_capital(judge)} looks at what G drew{together}. {_wish(model, 0.0 if judging else 1.0)}"
    active = {"fake", *body.values(), "score"}
    scene.stage(
        "judge fake", f"{_short(judge)} on fake", words, active, _verdict(model, fake, "G(z)", pack), values=known
    )
    if probe is not None and probe.slopes is not None:
        _penalty(scene, model, seen, probe, body, between)
    if judging:
        terms_stage(scene, model, seen, *_judge_terms(model, seen, real, fake, judge))
    else:
        terms_stage(scene, model, seen, *_fool_terms(model, seen, judge))
    _learn(scene, training, seen, up, body, judge, judging)
    return scene.turn()


def _penalty(scene: Scene, model: Adversarial, seen: Seen, probe: Call, body: dict[str, str], between: bool) -> None:
    """Where the loss asks for the slope of the second network by its input."""
    slopes, unit = probe.slopes, unit_of(model)
    assert slopes is not None
    known = {**values_of(probe, body), "score": array(probe.output[0])}
    if between:
        words = (
            "Penalty: between real and fake ones, the critic shall rise by 1 per unit of distance, no more, no less."
        )
        seen_at, active = {"between": picture(probe.given)}, {"between", *body.values(), "score"}
        worth, name, tip = seen.loss + seen.terms.get("distance", math.nan), PENALTY, "Mean over the batch, λ-fold"
    else:
        slopes = slopes / model.span
        words = f"Penalty, at every {PENALTY_EVERY}th step: around real ones D shall not be steep."
        seen_at, active = {}, {"x", *body.values(), "score"}
        worth, name = seen.loss - seen.terms.get("d_loss", math.nan), "R1 penalty"
        tip = f"½ γ E‖∇‖², {PENALTY_EVERY}-fold, as it comes only at every {PENALTY_EVERY}th step"
    numbers = [
        Number("Slope at this one", float(slopes[0]), "", 3, SLOPE),
        Number("Mean slope", float(slopes.mean()), "", 3, SLOPE, "over the batch"),
        Number(name, worth, unit, None, tip),
    ]
    scene.stage("penalty", "Penalty", words, active, numbers, values=known, pictures=seen_at)


def _wish(model: Adversarial, target: float) -> str:
    if model.judges == "probability":
        return f"The loss below asks for D near {target:g}."
    return f"The loss below asks for {'high' if target > 0 else 'low'} values."


def _balance(model: Adversarial, config: Any) -> str:
    level = model.level(config)
    value = math.nan if level is None else level[0]
    return f"{'2 ln 2 = ' if getattr(config, 'smoothing', 1.0) == 1.0 else ''}{value:.3f}"


def _draw(scene: Scene, model: Adversarial, seen: Seen, hidden: dict[str, Floats]) -> None:
    generator, noun = seen.calls["generator"], noun_of(model)
    z = array(generator.given[0])
    shown = z[evenly(len(z))]
    numbers = [Number(f"z{'₁₂'[d]}", float(z[d]), "", 3) for d in range(min(2, len(z)))]
    words = "Chance draws z from N(0, 1): all that the generator is told."
    scene.stage("z", "Draw z", words, {"z"}, numbers, values={"z": shown})
    drawn = decoded(generator.output)
    spread = float(
        (generator.output if model.shape.points else torch.sigmoid(generator.output)).std(0, correction=0).mean()
    )
    tip = "The standard deviation over the batch, mean over the numbers of an example: near 0 where all look alike"
    numbers = [
        Number(f"Drawn {noun}s", generator.output.shape[0], "", 0, note="in the batch"),
        Number("How they differ", spread, "σ", None, tip, "over the batch"),
    ]
    words = f"The generator turns each z into a fake {noun}, G(z)."
    active = {*hidden, "fake"}
    scene.stage("fake batch", "Fake batch", words, active, numbers, values=hidden, pictures={"fake": drawn})


def _verdict(model: Adversarial, said: Tensor, what: str, pack: int) -> list[Number]:
    one = "this one" if pack == 1 else f"the first {pack}"
    if model.judges == "probability":
        sure = torch.sigmoid(said)
        return [
            Number(f"D({what}) of {one}", float(sure[0]), "", 3),
            Number(f"Mean D({what})", float(sure.mean()), "", 3, note="over the batch"),
            Number("Called real", 100 * float((said > 0).float().mean()), "%", 0, "So many of them get a D above ½"),
        ]
    return [
        Number(f"Value of {one}", float(said[0]), "", 3),
        Number("Mean value", float(said.mean()), "", 3, note="over the batch"),
    ]


def _judge_terms(model: Adversarial, seen: Seen, real: Tensor, fake: Tensor, judge: str) -> tuple[list[Number], str]:
    config, terms, unit = seen.batch.config, seen.terms, unit_of(model)
    if "distance" in terms:
        punished = seen.loss + terms["distance"]
        return [
            Number("Distance", terms["distance"], unit, None, "Mean value of real ones minus that of drawn ones"),
            Number(PENALTY, punished, unit, None, "Of slopes between real and drawn ones"),
            Number("Loss: penalty − distance", seen.loss, unit),
        ], "The critic pulls real and fake apart, and pays where its slope is not 1."
    if "d_loss" not in terms or model.judges != "probability":
        return [], f"What {judge}'s loss is made of."
    on_fake = float(F.softplus(fake).mean())
    s = getattr(config, "smoothing", 1.0)
    numbers = [
        Number("On real", terms["d_loss"] - on_fake, unit, None, f"−log D(x){'' if s == 1 else ', smoothed'}, mean"),
        Number("On fake", on_fake, unit, None, "−log(1 − D(G(z))), mean over the batch"),
        Number("D’s loss", terms["d_loss"], unit, None, f"{_balance(model, config)} where D cannot tell them apart"),
    ]
    words = "D pays for every real one it doubts and every fake one it believes."
    if seen.loss != terms["d_loss"]:
        punished = seen.loss - terms["d_loss"]
        numbers.append(
            Number("R1 penalty", punished, unit, None, f"Only at every {PENALTY_EVERY}th step, {PENALTY_EVERY}-fold")
        )
        words += " This step it also pays for being steep around real ones."
    return numbers, words


def _fool_terms(model: Adversarial, seen: Seen, judge: str) -> tuple[list[Number], str]:
    unit = unit_of(model)
    if model.judges == "probability":
        tip = "−log D(G(z)), mean over the batch"
        return [Number("G’s loss", seen.loss, unit, None, tip)], "G pays where D is not fooled. D only says how much."
    return [Number("G’s loss", seen.loss, unit, None, "Minus the mean value of drawn ones")], (
        "G pays where the critic’s value is low. The critic only says how much."
    )


def _learn(
    scene: Scene,
    training: Training,
    seen: Seen,
    up: dict[str, str],
    body: dict[str, str],
    judge: str,
    judging: bool,
) -> None:
    generator, scores = seen.calls["generator"], seen.calls["scores"]
    owners = {**up, **body, scores.layers[-1].name: "score", generator.layers[-1].name: "fake"}
    pulls = {**pulls_of(scores, body), **({} if judging else pulls_of(generator, up))}
    if scores.output_pull is not None:
        pulls["score"] = np.asarray(scores.output_pull, np.float32)
    if judging:
        words = f"The gradient runs back through {judge} only: the generator is not asked."
    else:
        pulls["fake"] = np.zeros(0, np.float32)  # the gradient passes here, pixel by pixel
        words = f"The gradient runs through {judge}, whose weights stay as they are, into the generator."
    backward_stage(scene, seen, pulls, owners, words)
    who = judge if judging else "the generator"
    title = f"Update {(_short(judge) if judging else 'G').replace('Critic', 'critic')}"
    update_stage(scene, training, seen, owners, f"Only now weights change, those of {who} alone:", title)


def _short(judge: str) -> str:
    return "D" if judge == "D" else "Critic"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]

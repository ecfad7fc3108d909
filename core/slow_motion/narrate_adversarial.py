"""A turn of a judge or a generator, in stages: real batch, fake batch, scores of each, terms, backward, update.

The model declares its words and numbers (`core.models.narration.GameTurn`).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch import Tensor

from core.foundation.arrays import Floats
from core.models.base import Model
from core.models.narration import GameTurn, SlopePenalty
from core.slow_motion.narrate import (
    array,
    backward_stage,
    batch_stage,
    decoded,
    gradients_of,
    last_of,
    layer_columns,
    noun_of,
    picture,
    size_of,
    terms_stage,
    unit_of,
    update_stage,
    values_of,
)
from core.slow_motion.recorder import Call, Recording, evenly
from core.slow_motion.stages import Number, PhaseRecord, Scene
from core.training.training import Training

SLOPE = "The length ‖∇‖ of the gradient by the input: how fast the score rises on the steepest way"


def has_both(game: GameTurn, seen: Recording) -> bool:
    """Whether both networks ran in the turn."""
    return {game.generator, game.scores} <= set(seen.calls)


def adversarial_turn(game: GameTurn, training: Training, seen: Recording, ordinal: str) -> PhaseRecord:
    """The turn, titled after the network whose weights move."""
    model = training.model
    judging = game.learner == "judge"
    penalty = game.penalty if game.penalty is not None and game.penalty.column in seen.terms else None
    probe = seen.probes.get(game.scores) if penalty is not None else None
    between = penalty is not None and penalty.between and probe is not None
    scene = Scene(seen.phase.name, f"{_short(game) if judging else 'G'} {ordinal}".strip())
    up, body = _columns(scene, game, model, seen, between)
    scores = seen.calls[game.scores]
    values = scores.output.flatten(1)[:, 0]  # (N,): the real half, then the fake half; in G's turn fakes alone
    real, fake = values.chunk(2) if judging else (values[:0], values)

    if judging:
        batch_stage(scene, training, seen, "Real batch", game.pack)
    _draw(scene, game, model, seen, values_of(seen.calls[game.generator], up))
    if judging:
        _judge(scene, game, model, real, "real", {**values_of(scores, body), "score": array(real[:1])}, body)
    drawn = values_of(scores, body, 1 if judging else 0)  # of the first fake
    _judge(scene, game, model, fake, "fake", {**drawn, "score": array(fake[:1])}, body)
    if penalty is not None and probe is not None and probe.slopes is not None:
        _penalty(scene, game, penalty, model, seen, probe, body)
    terms_stage(scene, model, seen, *_terms(game, model, seen, penalty))
    _learn(scene, game, training, seen, up, body)
    return scene.turn()


def _columns(
    scene: Scene, game: GameTurn, model: Model, seen: Recording, between: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Add all columns; returns those of the generator's layers and those of the judge's, each by layer name."""
    generator, scores, judging = seen.calls[game.generator], seen.calls[game.scores], game.learner == "judge"
    scene.column("z", "z", str(model.shape.latent), tip="Noise from N(0, 1)")
    up = layer_columns(scene, generator, "G", "z", len(generator.layers) - 1)
    if judging:
        scene.column("x", "real x", size_of(model), "picture")
        scene.column("fake", "fake G(z)", size_of(model), "picture", (last_of(up, "z"),), beside=True)
        if between:
            tip = "A random place on the line between a real one and a fake one"
            scene.column("between", "between", size_of(model), "picture", beside=True, tip=tip)
    else:
        scene.column("fake", "fake G(z)", size_of(model), "picture", (last_of(up, "z"),))
    body = layer_columns(scene, scores, _short(game), "fake", len(scores.layers) - 1)
    if judging and body:  # its first layer follows real and fake pictures
        at = next(k for k, column in enumerate(scene.columns) if column.key == next(iter(body.values())))
        first = scene.columns[at]
        follows = ("x", "fake", "between") if between else ("x", "fake")
        scene.columns[at] = dataclasses.replace(first, follows=follows)
    scene.column("score", "score", "1", follows=(last_of(body, "fake"),), tip=f"What {game.judge} says of one example")
    scene.column("loss", "loss", "", "loss", ("score",))
    return up, body


def _draw(scene: Scene, game: GameTurn, model: Model, seen: Recording, hidden: dict[str, Floats]) -> None:
    generator, noun = seen.calls[game.generator], noun_of(model)
    z = array(generator.input[0])
    shown = z[evenly(len(z))]
    numbers = [Number(f"z{'₁₂'[d]}", float(z[d]), "", 3) for d in range(min(2, len(z)))]
    words = "Chance draws z from N(0, 1): all that the generator is told."
    scene.stage("z", "Draw z", words, {"z"}, numbers, values={"z": shown})
    drawn = decoded(model, generator.output, game.pack)
    spread = float(
        (generator.output if model.shape.points else torch.sigmoid(generator.output)).std(0, correction=0).mean()
    )
    tip = "The standard deviation over the batch, mean over the numbers of an example: near 0 where all look alike"
    numbers = [
        Number(f"Drawn {noun}s", generator.output.shape[0], "", 0, note="in the batch"),
        Number("How they differ", spread, "σ", None, tip, "over the batch"),
    ]
    words = f"The generator turns each z into a fake {noun}, G(z)."
    if game.pack > 1:
        words += f" Those drawn are judged together; z and units are those of the first of the {game.pack}."
    active = {*hidden, "fake"}
    scene.stage("fake batch", "Fake batch", words, active, numbers, values=hidden, pictures={"fake": drawn})


def _judge(
    scene: Scene,
    game: GameTurn,
    model: Model,
    scores: Tensor,
    side: str,
    known: dict[str, Floats],
    body: dict[str, str],
) -> None:
    """The judge's scores (N,) of the real or of the fake ones."""
    is_real = side == "real"
    what = f"the real {noun_of(model)}s" if is_real else "what G drew"
    together = "" if game.pack == 1 else f", {game.pack} at a time"
    wish = game.wish_real if is_real else game.wish_drawn
    words = f"{_capital(game.judge)} looks at {what}{together}. The loss below asks for {wish}."
    numbers = _scores(model, scores, "x" if is_real else "G(z)", game.pack)
    active = {"x" if is_real else "fake", *body.values(), "score"}
    scene.stage(f"judge {side}", f"{_short(game)} on {side}", words, active, numbers, values=known)


def _scores(model: Model, scores: Tensor, what: str, pack: int) -> list[Number]:
    """Probabilities or a critic's values (N,): the first, and the mean."""
    one = "this one" if pack == 1 else f"the first {pack}"
    if model.judges == "probability":
        p = torch.sigmoid(scores)
        return [
            Number(f"D({what}) of {one}", float(p[0]), "", 3),
            Number(f"Mean D({what})", float(p.mean()), "", 3, note="over the batch"),
            Number("Called real", 100 * float((scores > 0).float().mean()), "%", 0, "So many of them get a D above ½"),
        ]
    return [
        Number(f"Value of {one}", float(scores[0]), "", 3),
        Number("Mean value", float(scores.mean()), "", 3, note="over the batch"),
    ]


def _penalty(
    scene: Scene,
    game: GameTurn,
    penalty: SlopePenalty,
    model: Model,
    seen: Recording,
    probe: Call,
    body: dict[str, str],
) -> None:
    """The gradient of the judge by its input, and the penalty on it."""
    assert probe.slopes is not None
    slopes = probe.slopes / penalty.span
    known = {**values_of(probe, body), "score": array(probe.output.flatten()[:1])}
    place = "between" if penalty.between else "x"
    one = "this one" if game.pack == 1 else f"the first {game.pack}"
    pictures = {"between": picture(probe.input)} if penalty.between else {}
    numbers = [
        Number(f"Slope at {one}", float(slopes[0]), "", 3, SLOPE),
        Number("Mean slope", float(slopes.mean()), "", 3, SLOPE, "over the batch"),
        Number(penalty.title, seen.terms[penalty.column], unit_of(model), None, penalty.tip),
    ]
    active = {place, *body.values(), "score"}
    scene.stage("penalty", "Penalty", penalty.sentence, active, numbers, values=known, pictures=pictures)


def _terms(game: GameTurn, model: Model, seen: Recording, penalty: SlopePenalty | None) -> tuple[list[Number], str]:
    """The terms of the loss that this step has, as the model names them, and a sentence."""
    unit = unit_of(model)
    numbers = [
        Number(term.title, seen.terms[term.column], unit, None, term.tip)
        for term in game.terms
        if term.column in seen.terms
    ]
    remark = f" {penalty.remark}" if penalty is not None and penalty.remark else ""
    return numbers, game.sentence + remark


def _learn(
    scene: Scene, game: GameTurn, training: Training, seen: Recording, up: dict[str, str], body: dict[str, str]
) -> None:
    generator, scores, judging = seen.calls[game.generator], seen.calls[game.scores], game.learner == "judge"
    owners = {**up, **body, scores.layers[-1].name: "score", generator.layers[-1].name: "fake"}
    gradients = {**gradients_of(scores, body), **({} if judging else gradients_of(generator, up))}
    if scores.output_gradient is not None:
        gradients["score"] = np.asarray(scores.output_gradient, np.float32)
    if judging:
        words = f"The gradient runs back through {game.judge} only: the generator is not asked."
    else:
        gradients["fake"] = np.zeros(0, np.float32)  # the gradient passes here, pixel by pixel
        words = f"The gradient runs through {game.judge}, whose weights stay as they are, into the generator."
    backward_stage(scene, seen, gradients, owners, words)
    who = game.judge if judging else "the generator"
    title = f"Update {(_short(game) if judging else 'G').replace('Critic', 'critic')}"
    update_stage(scene, training, seen, owners, f"Only now weights change, those of {who} alone:", title)


def _short(game: GameTurn) -> str:
    """The judge's name in titles: "D" or "Critic"."""
    return _capital(game.judge.removeprefix("the "))


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]

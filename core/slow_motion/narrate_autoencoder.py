"""A turn that encodes and decodes, in stages: encode, sample, decode, terms, backward, update.

The model declares the terms of its loss (`core.models.narration.CodedTurn`).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.foundation.arrays import Floats
from core.models.base import Model
from core.models.narration import CodedTurn, CodeStage, CodeTerm
from core.nets.objectives import distortion_per_image, rate_per_dimension
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
    update_stage,
    values_of,
)
from core.slow_motion.recorder import Recording, evenly
from core.slow_motion.stages import Number, PhaseRecord, Scene
from core.training.training import Training

FEW = 2
"""Dimensions of a code whose values are listed; the drawing shows up to `core.slow_motion.recorder.UNITS`."""
COUNTS = ("no", "One", "Two", "Three", "Four", "Five")


def fits(coded: CodedTurn, model: Model, seen: Recording) -> bool:
    """Whether the turn ran as declared: x to codes (or μ and ln σ²), codes to outputs of x's size, with all terms."""
    encoder, decoder = seen.calls.get(coded.encoder), seen.calls.get(coded.decoder)
    if encoder is None or decoder is None:
        return False
    named = {coded.distortion, *(name for term in coded.terms for name in (term.column, term.paid) if name)}
    if not named <= set(seen.terms):
        return False
    dims, one = model.shape.latent, seen.x[0].numel()
    inside = encoder.output.shape[1:] == (2 * dims if coded.posterior else dims,) and decoder.input.shape[1:] == (dims,)
    return inside and encoder.input.numel() == seen.x.numel() and decoder.output[0].numel() == one


def autoencoder_turn(coded: CodedTurn, training: Training, seen: Recording) -> PhaseRecord:
    """The turn. With a posterior, ε is drawn between encoding and decoding; without, the code is z."""
    model, encoder, decoder = training.model, seen.calls[coded.encoder], seen.calls[coded.decoder]
    dims, encoder_input = model.shape.latent, encoder.input.reshape(seen.x.shape)
    corrupted = not torch.equal(encoder_input, seen.x)
    scene = Scene(seen.phase.name, "")
    first = scene.column("x", "x", size_of(model), "picture")
    if corrupted:
        first = scene.column("corrupted", "corrupted x", size_of(model), "picture", beside=True)
    down = layer_columns(scene, encoder, "encoder", first, len(encoder.layers) - 1)
    code = _code_columns(scene, coded, seen, last_of(down, first), str(dims))
    up = layer_columns(scene, decoder, "decoder", "z", len(decoder.layers) - 1)
    scene.column("x_hat", "x̂", size_of(model), "picture", (last_of(up, "z"),), part="decoder")
    parts = _term_columns(scene, coded, seen)
    scene.column("loss", "loss", "", "loss", parts or ("x_hat",))

    batch_stage(scene, training, seen)
    if corrupted:
        _corrupt(scene, coded, model, encoder_input, seen)
    _encode(scene, coded, model, seen, values_of(encoder, down))
    for term in coded.terms:
        if term.stage is not None:
            _term_stage(scene, term, term.stage, decoder.input, seen, noun_of(model))
    _decode(scene, coded, model, seen, values_of(decoder, up))
    terms_stage(scene, model, seen, *_terms(coded, model, seen), parts)

    owners = {**down, **up, decoder.layers[-1].name: "x_hat", encoder.layers[-1].name: code}
    gradients = {**gradients_of(encoder, down), **gradients_of(decoder, up)}
    if encoder.output_gradient is not None and coded.posterior:
        gradients["mu"] = _shown(encoder.output_gradient[:dims])
        gradients["sigma"] = _shown(encoder.output_gradient[dims:])
    if decoder.input_gradient is not None:
        gradients["z"] = _shown(decoder.input_gradient)
    words = f"The gradient runs back from {_gradient_paths(coded)} through the encoder."
    backward_stage(scene, seen, gradients, owners, words)
    update_stage(scene, training, seen, owners, "")
    return scene.turn()


# --- columns ---------------------------------------------------------------------------------------------------------


def _code_columns(scene: Scene, coded: CodedTurn, seen: Recording, before: str, size: str) -> str:
    """Add the columns of the code and of random draws for it; returns the column of the encoder's output."""
    if coded.posterior:
        tip = "The mean of q(z|x), one number per dimension"
        scene.column("mu", "μ", size, follows=(before,), tip=tip, part="μ, σ")
        scene.column("sigma", "σ", size, follows=(before,), beside=True, tip="The spread of q(z|x)")
        scene.column("epsilon", "ε", size, beside=True, tip="Noise from N(0, 1): it comes from no layer")
        scene.column("z", "z", size, follows=("mu", "sigma", "epsilon"), each=True)
        return "mu"
    scene.column("z", "z", size, follows=(before,), tip="The code, one number per dimension")
    for term in coded.terms:
        if _draws(term, seen):
            assert term.stage is not None
            scene.column(_prior_of(term), "prior", size, beside=True, tip=term.stage.drawn)
    return "z"


def _draws(term: CodeTerm, seen: Recording) -> bool:
    """Whether the term compares the codes with draws of this step."""
    return term.stage is not None and bool(term.stage.drawn) and bool(seen.batch.drawn)


def _prior_of(term: CodeTerm) -> str:
    return f"{term.column} prior"


def _term_columns(scene: Scene, coded: CodedTurn, seen: Recording) -> dict[str, float]:
    """Add a column for each term of a loss that has several; returns their values by column."""
    if not coded.terms:
        return {}
    for k, term in enumerate(coded.terms):
        over = ("mu", "sigma") if coded.posterior else ("z",)
        scene.column(term.column, term.letter, "", "term", beside=k > 0, tip=term.box, over=over)
    tip = "Distortion: −log p(x|z), mean over the batch"
    scene.column(coded.distortion, "D", "", "term", ("x_hat",), beside=True, tip=tip)
    return {name: seen.terms[name] for name in (*(term.column for term in coded.terms), coded.distortion)}


# --- stages ----------------------------------------------------------------------------------------------------------


def _corrupt(scene: Scene, coded: CodedTurn, model: Model, corrupted: Tensor, seen: Recording) -> None:
    changed = float((corrupted[0] - seen.x[0]).abs().gt(1e-6).float().mean())
    words = f"The encoder is never shown the clean {noun_of(model)}: chance corrupts it first."
    numbers = [Number("Numbers changed", 100 * changed, "%", 0, note="of this one")]
    if coded.amount is not None:
        numbers.insert(0, Number("Amount", coded.amount))
    scene.stage("corrupt", "Corrupt", words, {"corrupted"}, numbers, pictures={"corrupted": picture(corrupted)})


def _encode(scene: Scene, coded: CodedTurn, model: Model, seen: Recording, hidden: dict[str, Floats]) -> None:
    code, dims, noun = seen.calls[coded.decoder].input, model.shape.latent, noun_of(model)  # (N, D)
    if coded.posterior:
        _encode_posterior(scene, coded, dims, noun, seen, hidden)
        return
    numbers = [Number(f"z{_sub(d)}", float(code[0, d]), "", 3) for d in range(min(dims, FEW))]
    numbers.append(Number("Mean |z|", float(code.abs().mean()), note="over the batch"))
    words = f"Encode: the {noun} becomes a code of {_count(dims, 'number')}, nothing added."
    scene.stage("encode", "Encode", words, {*hidden, "z"}, numbers, values={**hidden, "z": _shown(array(code[0]))})


def _encode_posterior(
    scene: Scene, coded: CodedTurn, dims: int, noun: str, seen: Recording, hidden: dict[str, Floats]
) -> None:
    """Three stages: mean and spread, noise, and the code computed from them."""
    z = seen.calls[coded.decoder].input[0]  # (D,)
    mu, logvar = seen.calls[coded.encoder].output.chunk(2, 1)  # (N, D), (N, D)
    sigma = (0.5 * logvar).exp()
    numbers = [
        Number(f"{letter}{_sub(d)}", float(values[0, d]), "", 3)
        for d in range(min(dims, FEW))
        for letter, values in (("μ", mu), ("σ", sigma))
    ]
    rate = float(rate_per_dimension(mu[:1], logvar[:1]).sum())
    numbers.append(Number("Rate of this one", rate, "nats", None, "KL(q(z|x)‖p(z))"))
    words = f"Encode: the {noun} becomes a mean and a spread in each of {_count(dims, 'dimension')}."
    known = {**hidden, "mu": _shown(array(mu[0])), "sigma": _shown(array(sigma[0]))}
    scene.stage("encode", "Encode", words, {*hidden, "mu", "sigma"}, numbers, values=known)
    drawn = seen.batch.drawn[0][0]  # (D,)
    numbers = [Number(f"ε{_sub(d)}", float(drawn[d]), "", 3) for d in range(min(dims, FEW))]
    words = f"Sample ε: chance draws one number per dimension from N(0, 1). It knows nothing of the {noun}."
    scene.stage("epsilon", "Sample ε", words, {"epsilon"}, numbers, values={"epsilon": _shown(array(drawn))})
    numbers = [Number(f"z{_sub(d)}", float(z[d]), "", 3, note=_sum(mu, sigma, drawn, d)) for d in range(min(dims, FEW))]
    words = "z = μ + σ·ε: the code is moved by chance, as far as its spread allows."
    scene.stage("z", "z", words, {"z"}, numbers, values={"z": _shown(array(z))})


def _sum(mu: Tensor, sigma: Tensor, drawn: Tensor, d: int) -> str:
    terms = (float(mu[0, d]), float(sigma[0, d]), float(drawn[d]))
    a, b, c = (f"{value:.2f}".replace("-", "−") for value in terms)
    return f"= {a} + {b} · {c}"


def _term_stage(scene: Scene, term: CodeTerm, stage: CodeStage, code: Tensor, seen: Recording, noun: str) -> None:
    """What a term reads off the codes (N, D), and what it adds to the loss."""
    numbers, on_cpu = [], code.cpu()  # Apple's GPUs have no float64
    for reading in stage.readings:
        values = torch.as_tensor(reading.of(on_cpu), dtype=torch.float64)
        per_dimension = values.ndim > 0
        for d in range(min(len(values), FEW) if per_dimension else 1):
            name, value = (f"{reading.name}{_sub(d)}", values[d]) if per_dimension else (reading.name, values)
            numbers.append(Number(name, float(value), "", 3, reading.tip))
    price = seen.terms[term.column]
    numbers.append(Number(f"{term.title} {term.letter}", price, note="over the batch"))
    numbers.append(Number(f"{term.weight.symbol}·{term.letter}", term.weight.value * price, f"nats/{noun}"))
    known: dict[str, Floats] = {term.column: np.array([price], np.float32)}
    if _draws(term, seen):
        known[_prior_of(term)] = _shown(array(seen.batch.drawn[0][0]))
    scene.stage(stage.name, stage.title, stage.sentence, {"z", *known}, numbers, values=known)


def _decode(scene: Scene, coded: CodedTurn, model: Model, seen: Recording, hidden: dict[str, Floats]) -> None:
    noun = noun_of(model)
    output = seen.calls[coded.decoder].output
    output = output.reshape(len(output), *model.shape.image)
    fit = distortion_per_image(output[:1], seen.x[:1], *seen.batch.config.pixel_model)
    numbers = [Number("Distortion of this one", float(fit), "nats", None, "−log p(x|z) of the example alone")]
    if not model.shape.points:
        error = (torch.sigmoid(output[0]) - seen.x[0]).abs().mean()
        numbers.append(Number("Mean |x̂ − x|", 100 * float(error), "%", note="of full brightness"))
    else:
        numbers += [Number(f"x̂{_sub(d)}", float(output[0, d, 0, 0]), "", 3) for d in (0, 1)]
    words = f"Decode: the code becomes {'a point' if noun == 'point' else 'an image'} again, x̂."
    pictures = {"x_hat": decoded(model, output)}
    scene.stage("decode", "Decode", words, {*hidden, "x_hat"}, numbers, values=hidden, pictures=pictures)


def _terms(coded: CodedTurn, model: Model, seen: Recording) -> tuple[list[Number], str]:
    """The terms and the objective as the model adds them up, D + β·R, and a sentence."""
    nats, tip = f"nats/{noun_of(model)}", "−log p(x|z), mean over the batch"
    numbers = [Number("Distortion D", seen.terms[coded.distortion], nats, None, tip)]
    formula, costs = "D", ["how badly x̂ fits x"]
    for term in coded.terms:
        weight, unit = term.weight, nats if term.in_nats else ""
        letter = term.letter
        numbers.append(Number(f"{term.title} {letter}", seen.terms[term.column], unit, None, term.tip))
        numbers.append(Number(weight.title, weight.value, weight.unit, None, weight.tip))
        if term.paid:
            letter = f"{letter}′"
            numbers.append(Number(f"{term.title} paid {letter}", seen.terms[term.paid], unit, None, term.paid_tip))
        formula += f" + {weight.symbol}·{letter}"
        costs.append(term.cost)
    numbers.append(Number(f"Loss {formula}", seen.loss, nats))
    clean = " It is compared with the clean one." if coded.amount is not None else ""
    several = f"{COUNTS[len(costs)]} cost{'s' if len(costs) > 1 else ''}"
    return numbers, f"{several}: {_and(costs)}.{clean}"


def _gradient_paths(coded: CodedTurn) -> str:
    """In words: the paths of the gradient from the loss to the encoder."""
    through = "through z, ε held still, to μ and σ" if coded.posterior else "to the code"
    if not coded.terms:
        return f"the loss through the decoder, {through}, and"
    letters, where = _and([term.letter for term in coded.terms]), "μ and σ" if coded.posterior else "the code"
    return f"D through the decoder and {through}, and from {letters} to {where} at once; then"


def _and(words: list[str]) -> str:
    """ "a", "a, and b", or "a, b, and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, and {words[-1]}"


def _shown(values: Floats) -> Floats:
    return np.ascontiguousarray(values[evenly(len(values))])


def _sub(index: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(index + 1))


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

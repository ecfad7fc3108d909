"""A turn of a model that encodes and decodes, told in stages: encode, sample, decode, terms, backward, update."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.foundation.arrays import Floats
from core.models.base import Model
from core.models.vae import beta_at
from core.nets.objectives import distortion_each, rate_each
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
from core.slow_motion.recorder import Seen, evenly
from core.slow_motion.stages import Number, PhaseRecord, Scene
from core.training.training import Training

FEW = 2
"""So many dimensions of a code are told by their numbers; all are drawn, as far as there is room."""
RHO = "ρ̂, the mean activity of this unit over the batch"


def is_autoencoder(model: Model, seen: Seen) -> bool:
    """Whether the turn can be told here: an encoder from images to (μ or μ and ln σ²), a decoder to pixels, D."""
    encoder, decoder = seen.calls.get("encoder"), seen.calls.get("decoder")
    if encoder is None or decoder is None or not hasattr(seen.batch.config, "likelihood"):
        return False
    dims = model.shape.latent
    codes = encoder.output.shape[1:] in ((dims,), (2 * dims,)) and decoder.given.shape[1:] == (dims,)
    return codes and encoder.given.shape == seen.x.shape and decoder.output.shape[1:] == seen.x.shape[1:]


def autoencoder_turn(model: Model, training: Training, seen: Seen) -> PhaseRecord:
    """See the module. With a spread (a VAE) ε is drawn between encoding and decoding; without, the code is z."""
    encoder, decoder = seen.calls["encoder"], seen.calls["decoder"]
    dims = model.shape.latent
    spread = encoder.output.shape[1] == 2 * dims
    spoilt = not torch.equal(encoder.given, seen.x)
    scene = Scene(seen.phase.name, "")
    first = scene.column("x", "x", size_of(model), "picture")
    if spoilt:
        first = scene.column("spoilt", "spoilt x", size_of(model), "picture", beside=True)
    down = layer_columns(scene, encoder, "encoder", first, len(encoder.layers) - 1)
    before, code = last_of(down, first), "z"
    if spread:
        scene.column(
            "mu", "μ", str(dims), follows=(before,), tip="The mean of q(z|x), one number per dimension", part="μ, σ"
        )
        scene.column("sigma", "σ", str(dims), follows=(before,), beside=True, tip="The spread of q(z|x)")
        scene.column("epsilon", "ε", str(dims), beside=True, tip="Noise from N(0, 1): it comes from no layer")
        scene.column("z", "z", str(dims), follows=("mu", "sigma", "epsilon"), each=True)
        code = "mu"
    else:
        scene.column("z", "z", str(dims), follows=(before,), tip="The code, one number per dimension")
    up = layer_columns(scene, decoder, "decoder", "z", len(decoder.layers) - 1)
    scene.column("x_hat", "x̂", size_of(model), "picture", (last_of(up, "z"),), part="decoder")
    parts = _term_columns(scene, seen, spread)
    scene.column("loss", "loss", "", "loss", parts or ("x_hat",))

    batch_stage(scene, training, seen)
    if spoilt:
        changed = float((encoder.given[0] - seen.x[0]).abs().gt(1e-6).float().mean())
        words = "The encoder is never shown the clean picture: chance spoils it first."
        numbers = [Number("Numbers changed", 100 * changed, "%", 0, note="of this one")]
        if hasattr(seen.batch.config, "amount"):
            numbers.insert(0, Number("Amount", seen.batch.config.amount))
        scene.stage("spoil", "Spoil", words, {"spoilt"}, numbers, pictures={"spoilt": picture(encoder.given)})
    _encode(scene, model, seen, values_of(encoder, down), spread)
    if "sparsity" in parts:
        _price(scene, model, seen)
    _decode(scene, model, seen, values_of(decoder, up))
    numbers, words = _terms(model, seen, spread)
    terms_stage(scene, model, seen, numbers, words, parts)

    owners = {**down, **up, decoder.layers[-1].name: "x_hat", encoder.layers[-1].name: code}
    pulls = {**pulls_of(encoder, down), **pulls_of(decoder, up)}
    if encoder.output_pull is not None and spread:
        pulls["mu"], pulls["sigma"] = _shown(encoder.output_pull[:dims]), _shown(encoder.output_pull[dims:])
    if decoder.given_pull is not None:
        pulls["z"] = _shown(decoder.given_pull)
    words = f"The gradient runs back from {_ways(parts, spread)} through the encoder."
    backward_stage(scene, seen, pulls, owners, words)
    update_stage(scene, training, seen, owners, "")
    return scene.turn()


def _term_columns(scene: Scene, seen: Seen, spread: bool) -> dict[str, float]:
    """A column for each term of the loss, where it has two; their values by column."""
    terms = seen.terms
    second = "rate" if spread and "rate" in terms else "sparsity" if "sparsity" in terms else ""
    if not second or "distortion" not in terms:
        return {}
    if second == "rate":
        tip = "Rate: KL(q(z|x)‖p(z)), straight from μ and σ, mean over the batch"
        scene.column("rate", "R", "", "term", tip=tip, over=("mu", "sigma"))
    else:
        scene.column("sparsity", "S", "", "term", tip="The price of activity, straight from the code", over=("z",))
    tip = "Distortion: −log p(x|z), mean over the batch"
    scene.column("distortion", "D", "", "term", ("x_hat",), beside=True, tip=tip)
    return {name: terms[name] for name in (second, "distortion")}


def _ways(parts: dict[str, float], spread: bool) -> str:
    """In words: which ways the gradient takes from the loss to the encoder."""
    through = "through z, ε held still, to μ and σ" if spread else "to the code"
    if not parts:
        return f"the loss through the decoder, {through}, and"
    letter, where = ("R", "μ and σ") if "rate" in parts else ("S", "the code")
    return f"D through the decoder and {through}, and from {letter} to {where} at once; then"


def _price(scene: Scene, model: Model, seen: Seen) -> None:
    """What a sparse code costs."""
    code, config = seen.calls["decoder"].given, seen.batch.config  # (N, D)
    price = seen.terms["sparsity"]
    if getattr(config, "penalty", "l1") == "kl":
        share, dims = code.mean(0), model.shape.latent
        numbers = [Number(f"Mean of z{_sub(d)}", float(share[d]), "", 3, RHO) for d in range(min(dims, FEW))]
        numbers.append(Number("Target activity ρ", config.target, "", 3))
        words = "Price: each unit pays for how far its mean over the batch is from the activity asked for."
    else:
        numbers = [Number("Σ|a| of this one", float(code[0].abs().sum()), "", 3)]
        words = "Price: the code pays for the size of each of its numbers."
    numbers.append(Number("Price of activity S", price, note="over the batch"))
    numbers.append(Number("λ·S", config.sparsity * price, f"nats/{noun_of(model)}"))
    values = {"sparsity": np.array([price], np.float32)}
    scene.stage("price", "Price", words, {"z", "sparsity"}, numbers, values=values)


def _encode(scene: Scene, model: Model, seen: Seen, hidden: dict[str, Floats], spread: bool) -> None:
    encoder, decoder, dims = seen.calls["encoder"], seen.calls["decoder"], model.shape.latent
    noun, z = noun_of(model), decoder.given[0]
    if not spread:
        numbers = [Number(f"z{_sub(d)}", float(z[d]), "", 3) for d in range(min(dims, FEW))]
        numbers.append(Number("Mean |z|", float(decoder.given.abs().mean()), note="over the batch"))
        words = f"Encode: the {noun} becomes a code of {_count(dims, 'number')}, nothing added."
        scene.stage("encode", "Encode", words, {*hidden, "z"}, numbers, values={**hidden, "z": _shown(array(z))})
        return
    mu, logvar = encoder.output.chunk(2, 1)  # (N, D), (N, D)
    sigma = (0.5 * logvar).exp()
    numbers = [
        Number(f"{letter}{_sub(d)}", float(values[0, d]), "", 3)
        for d in range(min(dims, FEW))
        for letter, values in (("μ", mu), ("σ", sigma))
    ]
    numbers.append(
        Number("Rate of this one", float(rate_each(mu[:1], logvar[:1]).sum()), "nats", None, "KL(q(z|x)‖p(z))")
    )
    words = f"Encode: the {noun} becomes a mean and a spread in each of {_count(dims, 'dimension')}."
    known = {**hidden, "mu": _shown(array(mu[0])), "sigma": _shown(array(sigma[0]))}
    scene.stage("encode", "Encode", words, {*hidden, "mu", "sigma"}, numbers, values=known)
    drawn = seen.batch.drawn[0][0]  # (D,)
    numbers = [Number(f"ε{_sub(d)}", float(drawn[d]), "", 3) for d in range(min(dims, FEW))]
    words = "Sample ε: chance draws one number per dimension from N(0, 1). It knows nothing of the picture."
    scene.stage("epsilon", "Sample ε", words, {"epsilon"}, numbers, values={"epsilon": _shown(array(drawn))})
    numbers = [Number(f"z{_sub(d)}", float(z[d]), "", 3, note=_sum(mu, sigma, drawn, d)) for d in range(min(dims, FEW))]
    words = "z = μ + σ·ε: the code is moved by chance, as far as its spread allows."
    scene.stage("z", "z", words, {"z"}, numbers, values={"z": _shown(array(z))})


def _sum(mu: Tensor, sigma: Tensor, drawn: Tensor, d: int) -> str:
    terms = (float(mu[0, d]), float(sigma[0, d]), float(drawn[d]))
    a, b, c = (f"{value:.2f}".replace("-", "−") for value in terms)
    return f"= {a} + {b} · {c}"


def _decode(scene: Scene, model: Model, seen: Seen, hidden: dict[str, Floats]) -> None:
    decoder, config, noun = seen.calls["decoder"], seen.batch.config, noun_of(model)
    output = decoder.output
    bent = distortion_each(output[:1], seen.x[:1], config.likelihood, config.pixel_sigma)
    numbers = [Number("Distortion of this one", float(bent), "nats", None, "−log p(x|z) of the example alone")]
    if not model.shape.points:
        off = (torch.sigmoid(output[0]) - seen.x[0]).abs().mean()
        numbers.append(Number("Mean |x̂ − x|", 100 * float(off), "%", note="of full brightness"))
    else:
        numbers += [Number(f"x̂{_sub(d)}", float(output[0, d, 0, 0]), "", 3) for d in (0, 1)]
    words = f"Decode: the code becomes {'a point' if noun == 'point' else 'an image'} again, x̂."
    pictures = {"x_hat": decoded(output)}
    scene.stage("decode", "Decode", words, {*hidden, "x_hat"}, numbers, values=hidden, pictures=pictures)


def _terms(model: Model, seen: Seen, spread: bool) -> tuple[list[Number], str]:
    """The objective as the model adds it up."""
    terms, config, nats = seen.terms, seen.batch.config, f"nats/{noun_of(model)}"
    bent = Number("Distortion D", terms.get("distortion", seen.loss), nats, None, "−log p(x|z), mean over the batch")
    if spread and "rate" in terms:
        beta = beta_at(config, seen.batch.step)
        numbers = [
            bent,
            Number("Rate R", terms["rate"], nats, None, "KL(q(z|x)‖p(z)), mean over the batch"),
            Number("KL weight β", beta, "", None, "As the schedule has it at this step"),
        ]
        name = "D + β·R"
        if config.free_bits > 0:
            mu, logvar = seen.calls["encoder"].output.chunk(2, 1)
            paid = rate_each(mu, logvar).mean(0).clamp_min(config.free_bits).sum()
            tip = "The rate, but at least the free bits in each dimension"
            numbers.append(Number("Rate paid R′", float(paid), nats, None, tip))
            name = "D + β·R′"
        numbers.append(Number(f"Loss {name}", seen.loss, nats))
        return numbers, "Two costs: how badly x̂ fits x, and how much the codes tell of it."
    if "sparsity" in terms:
        price = Number("Price of activity S", terms["sparsity"], "", None, "Σ|a| or Σ KL(ρ‖ρ̂), as the penalty says")
        weight = Number("Sparsity λ", config.sparsity, "nats")
        loss = Number("Loss D + λ·S", seen.loss, nats)
        return [bent, price, weight, loss], "Two costs: how badly x̂ fits x, and how active the code is."
    if set(terms) == {"distortion"}:
        clean = " It is compared with the clean one." if hasattr(config, "amount") else ""
        return [bent, Number("Loss D", seen.loss, nats)], f"One cost: how badly x̂ fits x.{clean}"
    unit = unit_of(model)
    others = [Number(name.replace("_", " "), value, unit) for name, value in terms.items()]
    return [*others, Number("Loss", seen.loss, unit)], "What the loss is made of."


def _shown(values: Floats) -> Floats:
    return np.ascontiguousarray(values[evenly(len(values))])


def _sub(index: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(index + 1))


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

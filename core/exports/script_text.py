"""The text of the stand-alone script of a model: knobs, networks, losses, training, samples.

`core.exports.script_networks` writes the layers, `core.exports.script_losses` the losses.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

from core.engine.run_folder import SavedRun
from core.exports.base import PROGRAM, about
from core.exports.script_losses import LOSSES, Facts, distortion, generator_loss
from core.exports.script_networks import helpers, last_layer, networks, spread_of, written
from core.foundation.nouns import of_points
from core.foundation.params import knobs
from core.foundation.user_error import UserError
from core.foundation.version import version
from core.models.adversarial import Adversarial
from core.models.base import MODELS, Model
from core.models.sparse_ae import SparseAutoencoder
from core.training.snapshot import Snapshot

MOST_LINES = 150
"""Longest script of a model with its default knobs, lines: it shall be read in one sitting."""
IDLE = {"samples": 1, "free_bits": 0, "packing": 1, "smoothing": 1, "r1": 0, "d_steps": 1, "g_steps": 1}
"""Values of knobs that leave nothing of them in the script."""


def script_of(saved: SavedRun, snapshot: Snapshot) -> str:
    """The script of a model. Raises `UserError` for one of a user's own, whose losses are nobody's but its file's."""
    if saved.model not in LOSSES or MODELS.get(saved.model).__module__ != f"core.models.{saved.model}":
        raise UserError(
            f"{MODELS.get(saved.model).title} is a model of your own: its file says what it learns;"
            " export it to onnx or safetensors instead"
        )
    facts = Facts(saved.config, snapshot.shape.points, saved.setup.precision == "bfloat16")
    adversarial = isinstance(snapshot.model, Adversarial)
    parts = [
        _head(saved, snapshot),
        *helpers(snapshot.model),
        _adversarial_model(snapshot.model, facts) if adversarial else _autoencoder(snapshot.model),
        _initialise(snapshot.model),
        _BATCHES.replace("$PICTURE", _picture("images[index]", facts.points)),
        *([] if adversarial else ["\n".join(distortion(facts))]),
        "\n".join(LOSSES[saved.model](facts)),
        _train_adversarial(saved, facts) if adversarial else _train(saved, snapshot.model),
        _SAMPLE,
        _main(snapshot.model),
    ]
    text = "\n\n".join(part.strip("\n") for part in parts) + "\n"
    of_torch = "from torch import nn" + ("\nfrom torch.nn import functional as F" if "F." in text else "")
    imports = "\n".join(f"import {name}" for name in _imports(text))
    return _spaced(text.replace("$IMPORTS", imports).replace("$TORCH", of_torch))


def _spaced(text: str) -> str:
    """Two blank lines between functions instead of one, unless that makes the script too long."""
    spaced = re.sub(r"\n\n(?=class |def |@|if __name__)", "\n\n\n", text)
    return spaced if len(spaced.splitlines()) <= MOST_LINES else text


def weight_name(name: str) -> str:
    """The name of a tensor of the model's in the script."""
    return name.replace("scores.body.", "scores.").removeprefix("scale.")


def _imports(text: str) -> Iterator[str]:
    """The modules of Python's own library that the script uses."""
    return (name for name in ("argparse", "copy", "functools", "hashlib", "math") if f"{name}." in text)


def _is_convolutional(model: Model) -> bool:
    return any(weights.ndim == 4 for weights in model.state_dict().values())


# --- head ------------------------------------------------------------------------------------------------------------

_HEAD = string.Template('''
"""$about, exported by $program.

    python $name.py            draw 64 samples by weights.npz into samples.npy, and print their SHA-256
    python $name.py --train    train it again from fresh weights, on the $noun in images.npz
$turned"""

$$IMPORTS
from pathlib import Path

import numpy as np
import torch
$$TORCH

HERE = Path(__file__).parent
LATENT = $latent  # dimensions of a code z
SEED, BATCH, STEPS = $seed, $batch, $steps
$knobs
''')

_TURNED = """
Knobs were turned while it trained: --train has their last values from its first step on.
"""


def _head(saved: SavedRun, snapshot: Snapshot) -> str:
    points = snapshot.shape.points
    return _HEAD.substitute(
        about=about(saved).replace("\\", "").replace('"', ""),
        program=f"{PROGRAM} {version()}".strip(),
        name=saved.model,
        noun="points" if points else "images",
        turned=_TURNED if saved.turned_at else "",
        latent=snapshot.shape.latent,
        seed=saved.setup.seed,
        batch=saved.setup.batch,
        steps=saved.step,
        knobs="\n".join(_constants(saved, points)),
    )


def _constants(saved: SavedRun, points: bool) -> Iterator[str]:
    """The knobs that have an effect, one a line."""
    config = saved.config
    for knob in knobs(type(config)):
        value = getattr(config, knob.name)
        is_told_by_code = knob.param.choices or knob.name in ("hidden", "channels") or value == IDLE.get(knob.name)
        matters = knob.shown(config, points) or (points and knob.name == "pixel_sigma")  # points are always Gaussian
        if matters and not is_told_by_code:
            unit = f", {knob.param.unit}" if knob.param.unit else ""
            label = of_points(knob.param.label) if points else knob.param.label
            yield f"{knob.name.upper()} = {value!r}  # {label}{unit}"


# --- networks --------------------------------------------------------------------------------------------------------

_AUTOENCODER = string.Template("""
class Model(nn.Module):  # $about
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
$encoder
        )
        self.decoder = nn.Sequential(
$decoder
        )
$scale
    def code(self, x):  # (N, C, H, W) to (N, D)$unit
        return $code

    def decode(self, z):  # (N, D) to (N, C, H, W)
        return $decode
""")

_SCALE = """        self.register_buffer("mean", torch.zeros(LATENT))  # origin and unit of the map, by the codes
        self.register_buffer("std", torch.ones(LATENT))
"""


def _autoencoder(model: Model) -> str:
    parts = networks(model)
    outputs = "self.encoder(x)"
    if isinstance(model, SparseAutoencoder) and model.squash:
        outputs = "torch.sigmoid(self.encoder(x))"
    stochastic = _is_stochastic(model)
    logits = "self.decoder(z)" if model.scale is None else "self.decoder(z * self.std + self.mean)"
    return _AUTOENCODER.substitute(
        about=_about(model),
        encoder=written(parts["encoder"], 12),
        decoder=written(parts["decoder"], 12),
        scale="" if model.scale is None else _SCALE,
        unit=": the mean of q(z|x)"
        if stochastic
        else ""
        if model.scale is None
        else "; (code - mean) / std on the map",
        code=f"{outputs}.chunk(2, 1)[0]" if stochastic else outputs,
        decode=logits if model.shape.points else f"torch.sigmoid({logits})",
    )


def _about(model: Model) -> str:
    """Title and first sentence; the title alone where a line is too short for both."""
    both = f"{model.title}: {model.summary.partition('. ')[0].rstrip('.')}."
    return both if len(both) < 90 else f"{model.title}."


def _is_stochastic(model: Model) -> bool:
    """Whether the encoder's outputs are mean and log-variance."""
    return bool(networks(model)["encoder"][-1].out_features == 2 * model.shape.latent)


_ADVERSARIAL = string.Template("""
class Model(nn.Module):  # $about
    def __init__(self):
        super().__init__()
        self.generator = nn.Sequential(
$generator
        )
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)  # running mean of its weights
        self.scores = nn.Sequential(
$scores
        )

    def decode(self, z):  # (N, D) to (N, C, H, W)
        return $decode

    def draw(self, count, noise):  # samples of the generator as it is now
        return $draw

    def judge(self, x):  # scores (N, 1), more for what looks real
        return self.scores($judged)
""")


def _adversarial_model(model: Model, facts: Facts) -> str:
    parts = networks(model)
    return _ADVERSARIAL.substitute(
        about=_about(model),
        generator=written(parts["generator"], 12),
        scores=written(parts["scores"], 12),
        decode=facts.picture("self.averaged(z)"),
        draw=facts.picture(f"self.generator(torch.randn(count, LATENT, generator=noise)){facts.single}"),
        judged="x" if model.shape.points else "2 * x - 1",
    )


# --- fresh weights and batches ---------------------------------------------------------------------------------------

_INITIALISE = '''
def initialise(model, generator):
    """U(-b, b) with b = 1 / sqrt(fan_in) for weights and biases, PyTorch's default."""
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            bound = math.sqrt(1.0 / layer.weight[0].numel())
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
'''

_HE = string.Template('''
@torch.no_grad()
def initialise(model, generator):
    """U(-b, b) with b = sqrt(6 / fan_in), and biases 0 (He et al. 2015); last layers smaller."""
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            fan_in = layer.weight.numel() // layer.bias.numel()$transposed
            bound = math.sqrt(6.0 / fan_in)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -0.0, 0.0, generator=generator)  # drawn too: draws have an order
$fourier    model.generator[$last].weight.mul_(0.5 / math.sqrt(2))
    model.generator[$last].bias.fill_($bias)
    model.scores[-1].weight.mul_(1 / math.sqrt(2))
    model.averaged.load_state_dict(model.generator.state_dict())
''')

_TRANSPOSED = " // (4 if isinstance(layer, nn.ConvTranspose2d) else 1)"

_DRAW_FOURIER = """        elif isinstance(layer, FourierFeatures):
            layer.weight.normal_(0.0, $spread * math.sqrt(2.0 / LATENT), generator=generator)
            layer.bias.uniform_(0.0, 2 * math.pi, generator=generator)
"""


def _initialise(model: Model) -> str:
    if not type(model).he_init:
        return _INITIALISE
    points = model.shape.points
    network = networks(model)["generator"]
    return _HE.substitute(
        transposed=_TRANSPOSED if _is_convolutional(model) else "",
        fourier="" if points else _DRAW_FOURIER.replace("$spread", str(spread_of(network))),
        last=last_layer(network),
        bias="0.0" if points else "-1.0",
    )


_BATCHES = """
def batches(images, generator):  # without end: one that reaches the end of an epoch goes on in the next
    order = torch.empty(0, dtype=torch.long)
    while True:
        while len(order) < BATCH:
            order = torch.cat([order, torch.randperm(len(images), generator=generator)])
        index, order = order[:BATCH], order[BATCH:]
        yield $PICTURE
"""


def _picture(pixels: str, points: bool) -> str:
    """Stored pixels as what networks take."""
    return pixels if points else f"{pixels}.float() / 255"


# --- training --------------------------------------------------------------------------------------------------------

_SEEDS = """    torch.set_flush_denormal(True)  # numbers below 1e-38 are slow, and count as 0
    seeds = np.random.SeedSequence(SEED).generate_state(3, np.uint64).astype(np.int64)
    weights, order, noise = (torch.Generator().manual_seed(abs(int(seed))) for seed in seeds)
    initialise(model, weights)
    stream = batches(images, order)"""

_TRAIN = string.Template("""
def train(model, images, steps):  # from fresh weights; yields the terms of each step
$seeds
    optimiser = $optimiser
    for step in range(steps):
$loss
        model.zero_grad()
        loss.backward()
        optimiser.step()
        yield {name: term.item() for name, term in terms.items()}
$unit""")

_UNIT = """    with torch.no_grad():
        codes = torch.cat([model.code($PICTURE) for part in images.split(256)])
        model.mean.copy_(codes.mean(0))
        model.std.copy_(codes.std(0, correction=0))
"""

_TRAIN_ADVERSARIAL = string.Template("""
def train(model, images, steps):  # from fresh weights; yields the terms of each step
$seeds
    d_optimiser = $d_optimiser
    g_optimiser = $g_optimiser
    for step in range(steps):
$d_turns
$g_turns
        yield {name: term.item() for name, term in {**terms, "g_loss": loss}.items()}
""")

_TURN = """
$loss
model.zero_grad()
loss.backward()
$optimiser.step()
"""

_AVERAGE = """decay = min(AVERAGING, (1 + step) / (10 + step))
for mean, weight in zip(model.averaged.parameters(), model.generator.parameters()):
    mean.data.lerp_(weight.data, 1.0 - decay)"""


def _train(saved: SavedRun, model: Model) -> str:
    optimiser = _optimiser(saved.config.optimiser, "model.parameters()", "LR", None)
    loss = _autocast("loss, terms = objective(model, next(stream), step, noise)", saved)
    unit = "" if model.scale is None else _UNIT.replace("$PICTURE", _picture("part", model.shape.points))
    return _TRAIN.substitute(seeds=_SEEDS, optimiser=optimiser, loss=_indented(loss, 8), unit=unit)


def _train_adversarial(saved: SavedRun, facts: Facts) -> str:
    config: Any = saved.config
    kind, betas = config.optimiser, "(0.5, 0.99)" if saved.model == "gan" else "(0.5, 0.9)"
    judged = _autocast("loss, terms = judge_loss(model, x, step, noise)", saved)
    fooled = _autocast(f"loss = {generator_loss(saved.model, facts)}", saved)
    d_turn = "x = next(stream)" + _TURN.replace("$loss", judged).replace("$optimiser", "d_optimiser")
    g_turn = _TURN.replace("$loss", fooled).replace("$optimiser", "g_optimiser") + _AVERAGE
    return _TRAIN_ADVERSARIAL.substitute(
        seeds=_SEEDS,
        d_optimiser=_optimiser(kind, "model.scores.parameters()", "LR_D", betas),
        g_optimiser=_optimiser(kind, "model.generator.parameters()", "LR_G", betas),
        d_turns=_repeated(d_turn, "D_STEPS", config.d_steps),
        g_turns=_repeated(g_turn, "G_STEPS", 1 if saved.model == "wgan_gp" else config.g_steps),
    )


def _repeated(turn: str, knob: str, times: int) -> str:
    """A turn within a step, in a loop where there are several."""
    turn = turn.strip("\n")
    return _indented(turn, 8) if times == 1 else f"        for _ in range({knob}):\n" + _indented(turn, 12)


def _optimiser(kind: str, parameters: str, rate: str, betas: str | None) -> str:
    if kind == "sgd":
        return f"torch.optim.SGD({parameters}, lr={rate})"
    if kind == "rmsprop":
        return f"torch.optim.RMSprop({parameters}, lr={rate})"
    return f"torch.optim.Adam({parameters}, lr={rate}{f', betas={betas}' if betas else ''}, fused=True)"


def _autocast(line: str, saved: SavedRun) -> str:
    return f'with torch.autocast("cpu", torch.bfloat16):\n    {line}' if saved.setup.precision == "bfloat16" else line


def _indented(text: str, spaces: int) -> str:
    return "\n".join(" " * spaces + line for line in text.splitlines())


# --- samples ---------------------------------------------------------------------------------------------------------

_SAMPLE = """
def sample(model, count, seed):  # (N, C, H, W), of draws z from N(0, I): the same z as in the window
    z = np.random.default_rng([seed, LATENT]).standard_normal((count, LATENT), dtype=np.float32)
    with torch.inference_mode():
        return np.concatenate([model.decode(part).numpy() for part in torch.from_numpy(z).split(256)])
"""

_MAIN = """
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=64, help="number of samples (default 64)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others (default 1)")
    parser.add_argument("--train", action="store_true", help="train first, on images.npz; writes trained.npz")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of --train (default {STEPS})")
    options = parser.parse_args()
    model = Model()$CONV
    if options.train:
        images = torch.from_numpy(np.load(HERE / "images.npz")["images"])
        for step, terms in enumerate(train(model, images, options.steps), 1):
            if step % 100 == 0 or step == options.steps:
                print(f"step {step}:", *(f"{name} {value:.6g}" for name, value in terms.items()), flush=True)
        np.savez(HERE / "trained.npz", **{name: each.numpy() for name, each in model.state_dict().items()})
    else:
        model.load_state_dict({name: torch.from_numpy(each) for name, each in np.load(HERE / "weights.npz").items()})
    x = sample(model, options.n, options.seed)
    np.save(HERE / "samples.npy", x)
    numbers = $NUMBERS
    print(f"{options.n} samples of seed {options.seed}, SHA-256", hashlib.sha256(numbers.tobytes()).hexdigest())
"""


def _main(model: Model) -> str:
    layout = ".to(memory_format=torch.channels_last)" if _is_convolutional(model) else ""
    points = "np.rint(x * 1e4).astype(np.int32)  # in units of 0.0001"
    images = "np.rint(x.clip(0, 1) * 255).astype(np.uint8)  # bytes from 0 to 255"
    return _MAIN.replace("$CONV", layout).replace("$NUMBERS", points if model.shape.points else images)

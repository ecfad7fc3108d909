"""The engine's part of ``latent-playground bench``: our training step beside the same mathematics in plain loops.

Timings vary on one machine; ratios within one run vary less. Every comparison alternates A B C A B C and reports the
median and the spread. The plain loops are those of tutorials and use nothing of the engine but its networks.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torch.utils.flop_counter import FlopCounterMode

from core.benchmarks.spread import Spread
from core.benchmarks.targets import KINDS
from core.datasets.base import Dataset, load
from core.models.adversarial import AdversarialConfig, Scores, generator
from core.models.base import MODELS, AutoencoderConfig, TrainConfig
from core.nets.networks import Shape, decoder, encoder
from core.nets.objectives import discriminator_loss, generator_loss, r1_penalty
from core.training import devices
from core.training.batches import DeviceDataset
from core.training.pixels import as_unit
from core.training.setup import Setup
from core.training.training import BUFFER_ROWS, Training

BATCH = 128
ROUNDS = 5
"""Rounds of a measurement; a round takes the seconds that were asked for."""
SHORT_ROUNDS = 15
"""Rounds of the training loops, of the same total time: short ones, because other load on a machine comes and goes."""
HIDDEN = {"vae": "400", "ae": "400", "gan": "256, 256"}
LATENT = 20

Step = Callable[[Tensor], Tensor]
"""A training step on a batch (N, C, H, W); returns the loss."""


# --- plain loops -----------------------------------------------------------------------------------------------------


def bare_step(model: str, network: str, shape: Shape, config: TrainConfig, fused: bool | None = True) -> Step:
    """A training step on a prepared batch (N, C, H, W), as plain as PyTorch allows.

    ``fused`` None is the optimiser as tutorials write it, without the argument.
    """
    builders: dict[str, Callable[[str, Shape, Any, bool | None], Step]] = {
        "vae": _bare_vae,
        "ae": _bare_ae,
        "gan": _bare_gan,
    }
    return builders[model](network, shape, config, fused)


def _use_channels_last(network: str, *modules: nn.Module) -> None:
    if network == "conv":
        for module in modules:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _bare_vae(network: str, shape: Shape, config: AutoencoderConfig, fused: bool | None) -> Step:
    encode = encoder(network, shape, 2 * shape.latent, config.hidden, config.channels)
    decode = decoder(network, shape, config.hidden, config.channels)
    _use_channels_last(network, encode, decode)
    optimiser = torch.optim.Adam([*encode.parameters(), *decode.parameters()], lr=1e-3, fused=fused)

    def step(x: Tensor) -> Tensor:
        mu, logvar = encode(x).chunk(2, 1)
        z = mu + (0.5 * logvar).exp() * torch.randn_like(mu)
        distortion = F.binary_cross_entropy_with_logits(decode(z), x, reduction="sum") / x.shape[0]
        rate = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum() / x.shape[0]
        optimiser.zero_grad(set_to_none=True)
        loss: Tensor = distortion + rate
        loss.backward()
        optimiser.step()
        return loss

    return step


def _bare_ae(network: str, shape: Shape, config: AutoencoderConfig, fused: bool | None) -> Step:
    encode = encoder(network, shape, shape.latent, config.hidden, config.channels)
    decode = decoder(network, shape, config.hidden, config.channels)
    _use_channels_last(network, encode, decode)
    optimiser = torch.optim.Adam([*encode.parameters(), *decode.parameters()], lr=1e-3, fused=fused)

    def step(x: Tensor) -> Tensor:
        loss = F.binary_cross_entropy_with_logits(decode(encode(x)), x, reduction="sum") / x.shape[0]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss

    return step


def _bare_gan(network: str, shape: Shape, config: AdversarialConfig, fused: bool | None) -> Step:
    g, d = generator(network, shape, config), Scores(network, shape, config)
    averaged_g = generator(network, shape, config).requires_grad_(False)
    _use_channels_last(network, g, averaged_g, d)
    optimiser_g = torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.5, 0.99), fused=fused)
    optimiser_d = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.5, 0.99), fused=fused)
    count = 0

    def step(x: Tensor) -> Tensor:
        nonlocal count
        with torch.no_grad():
            fake = torch.sigmoid(g(torch.randn(x.shape[0], shape.latent)))
        on_real, on_fake = d(torch.cat([x, fake])).chunk(2)
        loss = discriminator_loss(on_real, on_fake, 1.0)
        if count % 16 == 0:
            real = x.clone().requires_grad_()
            loss = loss + 0.5 * 16 * r1_penalty(d(real), real) / 4
        optimiser_d.zero_grad(set_to_none=True)
        loss.backward(inputs=list(d.parameters()))
        optimiser_d.step()
        loss = generator_loss(d(torch.sigmoid(g(torch.randn(x.shape[0], shape.latent)))))
        optimiser_g.zero_grad(set_to_none=True)
        loss.backward(inputs=list(g.parameters()))
        optimiser_g.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(averaged_g.parameters()), list(g.parameters()), 0.005)
        count += 1
        return loss

    return step


class _ImageDataset(TorchDataset[tuple[Tensor, int]]):
    """A dataset as torchvision has them: each item is one image, converted as ``ToTensor`` does, and its label."""

    def __init__(self, data: Dataset) -> None:
        assert data.train.labels is not None
        self._pixels, self._labels = torch.from_numpy(data.train.pixels), torch.from_numpy(data.train.labels)

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self._pixels[index, 0].numpy())
        image = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        image = image.view(picture.size[1], picture.size[0], 1).permute(2, 0, 1).contiguous()
        return image.to(torch.float32).div(255), int(self._labels[index])


# --- measuring -------------------------------------------------------------------------------------------------------


def _prepared_batches(images: Tensor) -> Iterator[Tensor]:
    while True:
        order = torch.randperm(images.shape[0])
        for at in range(0, images.shape[0] - BATCH + 1, BATCH):
            yield images[order[at : at + BATCH]]


def _loaded_batches(data: Dataset) -> Iterator[Tensor]:
    while True:
        for images, _labels in DataLoader(_ImageDataset(data), batch_size=BATCH, shuffle=True, drop_last=True):
            yield images


def _calls_per_second(call: Callable[[], object], seconds: float) -> float:
    """The rate of calls, measured over about ``seconds``."""
    began, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        call()
        count += 1
    return count / spent


def product_flops(seconds: float) -> float:
    """FLOP/s of a large float32 matrix product with the current number of threads."""
    a, b = torch.randn(1536, 1536), torch.randn(1536, 1536)
    out = torch.empty(1536, 1536)

    def multiply() -> None:
        torch.mm(a, b, out=out)

    return _calls_per_second(multiply, seconds) * 2 * 1536**3


def step_flops(step: Step, x: Tensor) -> float:
    """Floating-point operations of the matrix products and convolutions of one step.

    ``step`` must be new: its first call may have a lazy penalty, which the counter cannot follow.
    """
    step(x)
    with FlopCounterMode(display=False) as counter:
        step(x)
    return float(counter.get_total_flops())


def engine(seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    """The figures of every model and network, from `ROUNDS` times ``seconds`` of each loop."""
    torch.set_num_threads(devices.cores())
    torch.set_flush_denormal(True)
    data = load("mnist")
    device_dataset = DeviceDataset(data, torch.device("cpu"))
    try:
        return {
            f"{model}.{network}": _compare(model, network, data, device_dataset, seconds, log)
            for model, network in KINDS
        }
    finally:
        torch.set_flush_denormal(False)


def _loops(model: str, network: str, data: Dataset, device_dataset: DeviceDataset) -> dict[str, Callable[[], object]]:
    """One step of ours in both precisions, of the bare loop, and of an example as people write it."""
    shape, config = Shape(*data.shape, LATENT), MODELS.get(model).Config(hidden=HIDDEN[model])
    setup = Setup(network=network, latent=LATENT, batch=BATCH, seed=0)
    training = Training(model, config, setup, device_dataset)
    half = Training(model, config, dataclasses.replace(setup, precision="bfloat16"), device_dataset)
    bare, example = bare_step(model, network, shape, config), bare_step(model, network, shape, config, None)
    prepared, loaded = _prepared_batches(as_unit(device_dataset.train)), _loaded_batches(data)

    def advance(run: Training) -> None:
        run.advance()
        if run.rows_waiting == BUFFER_ROWS:
            run.take_rows()

    return {
        "ours": lambda: advance(training),
        "bare": lambda: bare(next(prepared)),
        "example": lambda: example(next(loaded)).item(),  # what a progress bar shows each step
        "half": lambda: advance(half),
    }


def _timed(loops: dict[str, Callable[[], object]], seconds: float) -> tuple[dict[str, list[float]], list[float]]:
    """Steps per second of each loop, round by round; after each round the FLOP/s of a large matrix product."""
    for loop in loops.values():
        _calls_per_second(loop, seconds / 4)
    rates: dict[str, list[float]] = {name: [] for name in loops}
    products = []
    names = list(loops)
    round_s = seconds * ROUNDS / SHORT_ROUNDS
    for index in range(SHORT_ROUNDS):
        first = index % len(names)
        for name in names[first:] + names[:first]:  # each loop is first equally often
            rates[name].append(_calls_per_second(loops[name], round_s))
        products.append(product_flops(round_s / 2))
    return rates, products


def _compare(
    model: str, network: str, data: Dataset, device_dataset: DeviceDataset, seconds: float, log: Callable[[str], None]
) -> dict[str, Any]:
    rates, products = _timed(_loops(model, network, data, device_dataset), seconds)
    config = MODELS.get(model).Config(hidden=HIDDEN[model])
    untrained = bare_step(model, network, Shape(*data.shape, LATENT), config)
    flops = step_flops(untrained, next(_prepared_batches(as_unit(device_dataset.train))))
    rounds = list(zip(rates["ours"], rates["bare"], rates["example"], products, strict=True))
    speed_ups = [a / b for a, b in zip(rates["half"], rates["ours"], strict=True)]
    result = {
        "samples_per_second": Spread.of([r * BATCH for r in rates["ours"]]).json(0),
        "bare_loop": Spread.of([r * BATCH for r in rates["bare"]]).json(0),
        "example_loop": Spread.of([r * BATCH for r in rates["example"]]).json(0),
        "ratio_bare": Spread.of([ours / bare for ours, bare, _, _ in rounds]).json(),
        "ratio_example": Spread.of([ours / example for ours, _, example, _ in rounds]).json(),
        "gemm_share": Spread.of([ours * flops / product for ours, _, _, product in rounds]).json(),
        "ratio_bfloat16": Spread.of(speed_ups).json(),
    }
    log(f"{model} {network}: {result['ratio_bare']['median']} of the bare loop")
    return result

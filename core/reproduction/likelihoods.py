"""VAEs of published settings, and identities that must hold exactly."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from core.datasets.base import Dataset, Images, load
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.metrics.base import Measured
from core.models.base import build
from core.models.vae import VaeConfig
from core.nets.networks import Shape, ToImage
from core.nets.objectives import discriminator_loss
from core.reproduction.rows import Log, Row, Section, measure, measure_snapshot, snapshot_of, train
from core.training.setup import Setup
from core.training.snapshot import Snapshot

EXAMPLE = "pytorch/examples logs"
POINTS = 100
"""Points on which the linear Gaussian VAE is measured."""


def likelihoods(quick: bool, threads: int, log: Log) -> Section:
    """-ELBO on MNIST: two dense VAEs and a convolutional one with a 2-D latent space."""
    log("VAEs on MNIST")
    mnist = load("mnist")
    rows = [_dense(mnist, "400", 20, 10, 105.56, 0.5, "105.56, 105.59", threads, log)]
    if not quick:
        rows.append(_dense(mnist, "600", 100, 15, 103.90, 0.7, "103.90", threads, log))
        rows += _convolutional(mnist, threads, log)
    text = (
        "Grey MNIST, Bernoulli, Adam 1e-3, batches of 128. −ELBO of all 10,000 test images in nats per image with one"
        " draw of z, β = 1. The convolutional VAE trains on all 70,000 images, as its source does; its loss is the"
        " mean over the last epoch."
    )
    return Section("Likelihoods", text, tuple(rows))


def _dense(
    data: Dataset,
    hidden: str,
    latent: int,
    epochs: int,
    known: float,
    within: float,
    theirs: str,
    threads: int,
    log: Log,
) -> Row:
    setup = Setup(network="mlp", latent=latent, batch=128, epochs=epochs, threads=threads)
    view = train("vae", VaeConfig(hidden=hidden), setup, data, log)
    ours = measure_snapshot("negative_elbo", snapshot_of(view), data)
    return Row(
        f"VAE 784-{hidden}-{latent}, {epochs} epochs",
        "test −ELBO, nats",
        f"{ours.value:.2f} ({ours.low:.2f} to {ours.high:.2f})",
        theirs,
        EXAMPLE,
        f"within {within} of {known:.2f}",
        abs(ours.value - known) <= within,
    )


def _convolutional(data: Dataset, threads: int, log: Log) -> list[Row]:
    epochs = 30
    setup = Setup(network="conv", latent=2, batch=128, epochs=epochs, threads=threads)
    view = train("vae", VaeConfig(hidden="16", channels=32), setup, train_on_all(data), log)
    history = view.history
    last_epoch = history.column("step") > view.status.step * (1 - 1 / epochs)
    loss, distortion, rate = (
        float(history.column(name)[last_epoch].mean()) for name in ("negative_elbo", "distortion", "rate")
    )
    name = "conv VAE 32-64-16-2, 30 epochs"
    source = "Keras example"
    return [
        Row(
            name,
            "training loss, nats",
            f"{loss:.2f} = {distortion:.2f} + {rate:.2f}",
            "150.40 = 144.2 + 6.46",
            source,
            "at most 151.5",
            loss <= 151.5,
        ),
        Row(name, "rate, nats", f"{rate:.2f}", "6.46", source, "6.0 to 7.0", 6.0 <= rate <= 7.0),
    ]


def train_on_all(data: Dataset) -> Dataset:
    """The dataset with its test images among the training images too."""
    return dataclasses.replace(data, train=Images(np.concatenate([data.train.pixels, data.test.pixels])))


def identities(quick: bool, threads: int, log: Log) -> Section:
    """Settings with an exact answer: an undecided discriminator, and a linear Gaussian VAE."""
    log("identities")
    text = (
        "x = W z + b + σ ε with z ~ N(0, I): log p(x) is that of a Gaussian. The encoder is wrong on purpose, by a"
        " shift and a factor, so that the bound at k = 1 lies above it."
    )
    return Section("Identities", text, (_balance_row(), *_bound_rows()))


def _balance_row() -> Row:
    """A discriminator that says ½ everywhere has the loss 2 ln 2."""
    undecided, balance = float(discriminator_loss(torch.zeros(64, 1), torch.zeros(64, 1), 1.0)), 2 * math.log(2)
    return Row(
        "D = ½ everywhere",
        "loss of D, nats",
        f"{undecided:.4f}",
        f"2 ln 2 = {balance:.4f}",
        "Goodfellow et al. 2014",
        "to 1e-6",
        abs(undecided - balance) < 1e-6,
    )


def _bound_rows() -> tuple[Row, Row, Row]:
    """Importance-weighted bounds of a linear Gaussian VAE: their end is known, they fall, they begin at the −ELBO."""
    exact, elbo, log_px = linear_gaussian()
    bounds = [value for _, value in log_px.parts]
    name = "linear Gaussian VAE"
    return (
        Row(
            name,
            "−log p(x) with 5,000 draws, nats",
            f"{log_px.value:.4f}",
            f"{exact:.4f} exactly",
            "closed form",
            "within 0.01",
            abs(log_px.value - exact) <= 0.01,
        ),
        Row(
            name,
            "bound at " + ", ".join(label for label, _ in log_px.parts),
            ", ".join(f"{value:.4f}" for value in bounds),
            "falls with k",
            "Burda et al. 2016",
            "never rises by more than 0.001",
            all(later <= earlier + 1e-3 for earlier, later in pairwise(bounds)),
        ),
        Row(
            name,
            "−ELBO against the bound at k = 1, nats",
            f"{elbo.value:.4f} ± {(elbo.high - elbo.value):.4f} against {bounds[0]:.4f}",
            "equal",
            "Burda et al. 2016",
            "within its interval",
            elbo.low <= bounds[0] <= elbo.high,
        ),
    )


def linear_gaussian() -> tuple[float, Measured, Measured]:
    """The exact mean -log p(x) of `POINTS` points under a linear Gaussian VAE, and its measured -ELBO and -log p(x)."""
    sigma, dims = 0.5, 2
    weight = torch.tensor([[1.2, 0.0], [0.0, 0.6]])  # orthogonal columns: the true posterior has no correlations
    bias = torch.tensor([0.1, -0.2])
    model = build("vae", VaeConfig(hidden="2", pixel_sigma=sigma), Shape(2, 1, 1, dims), "mlp")
    precision = 1 + weight.square().sum(0) / sigma**2  # (D,) of the true posterior
    gain = (weight / sigma**2 / precision).T  # (D, 2), from x - b to the true posterior's mean
    encoder, decoder = nn.Linear(2, 2 * dims), nn.Linear(dims, 2)
    with torch.no_grad():
        encoder.weight.copy_(torch.cat([gain, torch.zeros(dims, 2)]))
        encoder.bias.copy_(torch.cat([0.15 - gain @ bias, math.log(1.4) - precision.log()]))
        decoder.weight.copy_(weight)
        decoder.bias.copy_(bias)
    model.encoder, model.decoder = nn.Sequential(nn.Flatten(), encoder), nn.Sequential(decoder, ToImage((2, 1, 1)))
    snapshot = Snapshot(model.requires_grad_(False).eval(), 0, 0, VaeConfig(hidden="2", pixel_sigma=sigma))
    model_side = ModelSide(snapshot, RealSide(load("mixture")), images=POINTS)
    x = model_side.real_side.subsets.test_images(POINTS)[:, :, 0, 0].astype(np.float64)
    covariance = (weight @ weight.T).double().numpy() + sigma**2 * np.eye(2)
    centred = x - bias.double().numpy()
    mahalanobis = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(covariance), centred)  # squared distances
    exact = float(0.5 * (mahalanobis + math.log(np.linalg.det(covariance)) + 2 * math.log(2 * math.pi)).mean())
    return exact, measure("negative_elbo", model_side), measure("log_px", model_side)

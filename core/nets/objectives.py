"""Loss terms as pure functions of tensors.

Likelihoods and rates are in nats per image: sums over pixels and dimensions, means over images.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

LIKELIHOODS = ("bernoulli", "gaussian")


def is_points(x: Tensor) -> bool:
    """Whether ``x`` (N, C, H, W) holds points of D coordinates, (N, D, 1, 1), not images."""
    return tuple(x.shape[-2:]) == (1, 1)


def decoder_mean(outputs: Tensor) -> Tensor:
    """E[x|z] from a decoder's outputs (N, C, H, W): their sigmoid for images, the outputs themselves for points."""
    return outputs if is_points(outputs) else torch.sigmoid(outputs)


def distortion_per_image(logits: Tensor, x: Tensor, likelihood: str, sigma: float) -> Tensor:
    """-log p(x|z) of each image, (N,) nats.

    ``logits`` (N, C, H, W) are the decoder's outputs before the sigmoid, ``x`` in [0, 1] of the same shape.
    Bernoulli: -sum x log x_hat + (1-x) log(1-x_hat), also for grey x (Kingma & Welling 2014, appendix C.1).
    Gaussian: mean sigmoid(logits), fixed ``sigma``, normalising constant included. Points (N, D, 1, 1) are Gaussian
    around the outputs themselves, whatever the likelihood.
    """
    if likelihood == "bernoulli" and not is_points(x):
        return F.binary_cross_entropy_with_logits(logits.float(), x, reduction="none").flatten(1).sum(1)  # (N,)
    squared = (decoder_mean(logits.float()) - x).square().flatten(1).sum(1)  # (N,)
    return squared / (2 * sigma**2) + x[0].numel() * math.log(sigma * math.sqrt(2 * math.pi))


def distortion_per_pixel(logits: Tensor, x: Tensor, likelihood: str, sigma: float) -> Tensor:
    """-log p(x|z) of each channel of each pixel, (N, C, H, W) nats. Its sum over C, H, W is `distortion_per_image`."""
    if likelihood == "bernoulli" and not is_points(x):
        return F.binary_cross_entropy_with_logits(logits.float(), x, reduction="none")
    squared = (decoder_mean(logits.float()) - x).square()
    return squared / (2 * sigma**2) + math.log(sigma * math.sqrt(2 * math.pi))


def distortion(logits: Tensor, x: Tensor, likelihood: str, sigma: float) -> Tensor:
    """The mean of `distortion_per_image` over images, a scalar; one pass over the pixels."""
    if likelihood == "bernoulli" and not is_points(x):
        return F.binary_cross_entropy_with_logits(logits.float(), x, reduction="sum") / x.shape[0]
    squared = F.mse_loss(decoder_mean(logits.float()), x, reduction="sum") / x.shape[0]
    return squared / (2 * sigma**2) + x[0].numel() * math.log(sigma * math.sqrt(2 * math.pi))


def rate_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) || N(0, I)) per image and dimension, (N, D) nats (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mu.square() + logvar.exp() - 1.0 - logvar)


def sparsity_l1(code: Tensor) -> Tensor:
    """The L1 norm of the codes (N, D): sum over dimensions, mean over images."""
    return code.abs().sum() / code.shape[0]


def sparsity_kl(logits: Tensor, target: float) -> Tensor:
    """Sum over dimensions of KL(rho || rho_hat), nats, of a sigmoid code by its ``logits`` (N, D).

    rho is ``target``, rho_hat the mean of a dimension over the batch (Ng 2011). ln rho_hat and ln(1 - rho_hat) come
    from the logits, where the code itself would be rounded to 0 or 1: a unit that is silent for every image is pulled
    up with a total slope of -rho, and one that is always on pulled down with 1 - rho, however far gone they are.
    """
    count = math.log(len(logits))
    log_mean = torch.logsumexp(F.logsigmoid(logits), 0) - count  # (D,)
    log_rest = torch.logsumexp(F.logsigmoid(-logits), 0) - count  # (D,)
    return (target * (math.log(target) - log_mean) + (1 - target) * (math.log1p(-target) - log_rest)).sum()


def discriminator_losses(real: Tensor, fake: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """-E[s log D(x) + (1-s) log(1-D(x))] and -E[log(1-D(G(z)))] on logits (N, 1).

    ``smoothing`` s is the one-sided target for real images; 1 is none (Salimans et al. 2016, section 3.4).
    """
    on_real = F.softplus(-real).mean() if smoothing == 1.0 else (F.softplus(real) - smoothing * real).mean()
    return on_real, F.softplus(fake).mean()


def discriminator_loss(real: Tensor, fake: Tensor, smoothing: float) -> Tensor:
    """The sum of `discriminator_losses`. D = 1/2 everywhere gives 2 ln 2, for every s."""
    on_real, on_fake = discriminator_losses(real, fake, smoothing)
    return on_real + on_fake


def generator_loss(fake: Tensor) -> Tensor:
    """-E[log D(G(z))] from logits (N, 1): the non-saturating loss (Goodfellow et al. 2014, section 3)."""
    return F.softplus(-fake).mean()


def r1_penalty(scores: Tensor, x: Tensor) -> Tensor:
    """E ||grad_x D(x)||^2 at the images ``x``, which require grad (Mescheder et al. 2018, eq. 9, without gamma / 2)."""
    (grad,) = torch.autograd.grad(scores.sum(), x, create_graph=True)  # (N, C, H, W)
    return grad.square().flatten(1).sum(1).mean()


def gradient_penalty(scores: Tensor, x: Tensor) -> Tensor:
    """E (||grad_x D(x)|| - 1)^2 at the images ``x``, which require grad (WGAN-GP, Gulrajani et al. 2017, eq. 3)."""
    (grad,) = torch.autograd.grad(scores.sum(), x, create_graph=True)  # (N, C, H, W)
    return (grad.flatten(1).square().sum(1).add(1e-12).sqrt() - 1).square().mean()

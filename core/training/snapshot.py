"""Snapshots: copies of a model at a step, on the CPU, in eval mode, never written again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.foundation.arrays import Floats
from core.models.base import Model, TrainConfig
from core.nets.networks import Shape
from core.nets.objectives import distortion_per_pixel
from core.nets.twins import twin


@dataclass(frozen=True)
class Codes:
    """Posteriors of N images: ``mu`` (N, D) in shared units; ``sigma`` (N, D), or None where a code has no spread.

    ``rates`` (N, D) are the dimensions' rates, nats, where there is a spread.
    """

    mu: Floats
    sigma: Floats | None
    rates: Floats | None = None


class Snapshot:
    """A read-only copy of a model: numpy in and out, latent codes in "shared units", which mean the same in every lane.

    ``life`` counts the restarts of its run.
    """

    def __init__(self, model: Model, step: int, life: int, config: TrainConfig) -> None:
        self.model = model
        self.step = step
        self.life = life
        self.config = config

    @property
    def shape(self) -> Shape:
        """Sizes of its images and latent codes."""
        return self.model.shape

    @property
    def has_encoder(self) -> bool:
        """Whether `encode` returns codes."""
        return type(self.model).has_encoder

    def _raw(self, z: Tensor) -> Tensor:
        scale = self.model.scale
        return z if scale is None else z * scale.std + scale.mean

    def _shared(self, posterior_mu: Tensor) -> Tensor:
        scale = self.model.scale
        return posterior_mu if scale is None else (posterior_mu - scale.mean) / scale.std

    @property
    def scale(self) -> tuple[Floats, Floats] | None:
        """Origin and unit (D,) of the shared axes in the model's own units; None where the units are the same."""
        scale = self.model.scale
        return None if scale is None else (scale.mean.numpy().copy(), scale.std.numpy().copy())

    def shared(self, raw: Floats) -> Floats:
        """Convert z (N, D) from the model's own units to shared units."""
        return self._shared(torch.from_numpy(np.array(raw, np.float32))).numpy()

    @torch.inference_mode()
    def decode(self, z: Floats) -> Floats:
        """Decode z (N, D) to images (N, C, H, W) in [0, 1]."""
        raw = self._raw(torch.from_numpy(np.array(z, np.float32)))
        return np.concatenate([self.model.decode(part).numpy() for part in raw.split(self.shape.at_once)])

    @torch.inference_mode()
    def encode(self, x: Floats) -> Codes | None:
        """Encode images (N, C, H, W) in [0, 1]; None where the model has no encoder."""
        means, sigmas, rates = [], [], []
        for part in _tensor(x).split(self.shape.at_once):
            posterior = self.model.encode(part)
            if posterior is None:
                return None
            means.append(self._shared(posterior.mu).numpy())
            if posterior.sigma is not None:
                sigmas.append(posterior.sigma.numpy())
            if (of_part := posterior.rates) is not None:
                rates.append(of_part.numpy())
        return Codes(np.concatenate(means), *(np.concatenate(each) if each else None for each in (sigmas, rates)))

    @torch.inference_mode()
    def measure(self, x: Floats, seed: int = 0) -> dict[str, Floats]:
        """`Model.measure` on images (N, C, H, W): terms per image by name. Its noise comes from ``seed``."""
        noise = torch.Generator().manual_seed(seed)
        parts: dict[str, list[Floats]] = {}
        for part in _tensor(x).split(self.shape.at_once):
            for name, values in self.model.measure(part, self.config, noise).items():
                parts.setdefault(name, []).append(values.numpy())
        return {name: np.concatenate(values) for name, values in parts.items()}

    @torch.inference_mode()
    def judge(self, x: Floats) -> Floats | None:
        """D(x) in [0, 1], or a critic's values, (N,), of images (N, C, H, W); None where there is no such network.

        A network that takes packs gets copies: D(x, ..., x).
        """
        if not self.model.judges:
            return None
        parts = []
        for part in _tensor(x).split(self.shape.at_once):
            scores = self.model.judge(part)
            assert scores is not None
            parts.append((torch.sigmoid(scores) if self.model.judges == "probability" else scores).numpy())
        return np.concatenate(parts)

    @torch.enable_grad()
    def pull(self, x: Floats) -> Floats | None:
        """The gradient (N, C, H, W) of log D(x), or of a critic's value, by x: the direction that looks more real.

        For a GAN it is minus the gradient of the non-saturating loss by each sample (Goodfellow et al. 2014, section
        3); for a pack of m copies, that of log D(x, ..., x). None where there is no such network.
        """
        if not self.model.judges:
            return None
        images = torch.from_numpy(np.array(x, np.float32)).requires_grad_()
        scores = self.model.judge(images)
        assert scores is not None
        realness = nn.functional.logsigmoid(scores) if self.model.judges == "probability" else scores
        return torch.autograd.grad(realness.sum(), images)[0].numpy()

    @torch.inference_mode()
    def log_weights(self, image: Floats, epsilon: Floats) -> npt.NDArray[np.float64]:
        """log p(x, z) - log q(z|x), (K,) nats, of one image (C, H, W) at z = mu + sigma * epsilon (K, D).

        One forward pass, so K must be small. ValueError where the model has no rate.
        """
        x, noise = torch.from_numpy(np.array(image[None], np.float32)), torch.from_numpy(np.array(epsilon, np.float32))
        return self.model.log_weights(x, self.config, noise).numpy()

    @torch.inference_mode()
    def distortion_map(self, image: Floats, z: Floats) -> Floats:
        """-log p(x|z) of each channel of each pixel, (K, C, H, W) nats, of one image (C, H, W) at z (K, D).

        z in shared units. One forward pass, so K must be small.
        """
        x, raw = torch.from_numpy(np.array(image[None], np.float32)), self._raw(torch.from_numpy(np.array(z)))
        alike = x.expand(len(raw), *x.shape[1:])
        return distortion_per_pixel(self.model.logits(raw), alike, *self.config.pixel_model).numpy()

    @torch.enable_grad()
    def distortion_slope(self, image: Floats, epsilon: Floats) -> npt.NDArray[np.float64]:
        """The gradient by (mu, ln sigma), (2 D,), of the mean distortion of one image (C, H, W).

        The mean is over z = mu + sigma * epsilon (K, D). One pass, so K must be small. ValueError where q(z|x) has no
        spread.
        """
        x, noise = torch.from_numpy(np.array(image[None], np.float32)), torch.from_numpy(np.array(epsilon, np.float32))
        with torch.no_grad():
            posterior = self.model.encode(x)
        if posterior is None or posterior.sigma is None:
            raise ValueError(self.model.no_rate or "q(z|x) has no spread")
        mu, log_sigma = posterior.mu.requires_grad_(), posterior.sigma.log().requires_grad_()  # (1, D)
        logits = self.model.logits(mu + log_sigma.exp() * noise)
        alike = x.expand(len(noise), *x.shape[1:])
        distortion = distortion_per_pixel(logits, alike, *self.config.pixel_model)
        found = torch.autograd.grad(distortion.sum() / len(noise), (mu, log_sigma))
        return torch.cat(found, 1)[0].double().numpy()

    @torch.inference_mode()
    def corrupt(self, x: Floats, seed: int = 0) -> Floats | None:
        """The corrupted images that the encoder gets in training for x (N, C, H, W); None where it gets x itself."""
        noise = torch.Generator().manual_seed(seed)
        corrupted = self.model.corrupt(_tensor(x), self.config, noise)
        return None if corrupted is None else corrupted.numpy()


def _tensor(x: Floats) -> Tensor:
    """Images as a tensor, without a copy where they are writable: torch warns of others, which came over a wire."""
    return torch.from_numpy(np.require(x, np.float32, ("C", "W")))


def freeze(model: Model) -> Model:
    """A copy of a live model on the CPU, in eval mode, without gradients. It shares no memory with the model."""
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        frozen = parameter.detach().to("cpu", copy=True)
        memo[id(parameter)] = nn.Parameter(frozen, requires_grad=False)
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.detach().to("cpu", copy=True)
    return twin(model, memo).eval()


def with_weights(template: Model, tensors: Mapping[str, npt.NDArray[Any]]) -> Model:
    """A copy of a frozen model with other weights by name, whose memory it shares: arrays must be writable.

    ValueError where they are not those of the model.
    """
    expected = template.state_dict(keep_vars=True)
    if expected.keys() != tensors.keys():
        raise ValueError("the weights have other names than the model's")
    memo: dict[int, Any] = {}
    for name, old in expected.items():
        tensor = torch.from_numpy(tensors[name])
        if tensor.shape != old.shape or tensor.dtype != old.dtype:
            raise ValueError(f"{name} is {tensor.dtype} {tuple(tensor.shape)}, not {old.dtype} {tuple(old.shape)}")
        if old.is_contiguous(memory_format=torch.channels_last) and old.dim() == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        memo[id(old)] = nn.Parameter(tensor, requires_grad=False) if isinstance(old, nn.Parameter) else tensor
    return twin(template, memo)


def not_finite(model: Model) -> str:
    """The name of the first tensor of weights that are not all finite; "" where there is none."""
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not torch.isfinite(tensor.sum()) and not torch.isfinite(tensor).all():
            return name  # a sum is quicker, but may overflow
    return ""

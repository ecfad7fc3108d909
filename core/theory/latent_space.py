"""The latent space in shared units: draws from the prior, interpolation, and planes through it.

A shared unit is one sigma of the prior where a model has one, else one sigma of the model's own codes per dimension, so
that one z means the same in every lane.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Floats

LIMIT = 4.0
"""Sliders of z span -LIMIT to LIMIT."""
WALK_SPEED = 0.6
"""Speed of the random walk, σ per second."""


@functools.lru_cache(maxsize=8)
def prior(count: int, dims: int, seed: int) -> Floats:
    """Draws of N(0, I), (count, dims), read-only. The same seed gives the same z in every lane."""
    draws = np.random.default_rng([seed, dims]).standard_normal((count, dims), dtype=np.float32)
    draws.flags.writeable = False
    return draws


def lerp(a: Floats, b: Floats, t: Floats) -> Floats:
    """Linear interpolation from a to b, each (D,), at t (N,): (N, D)."""
    return (a + t[:, None] * (b - a)).astype(np.float32)


def slerp(a: Floats, b: Floats, t: Floats) -> Floats:
    """Spherical interpolation from a to b, each (D,), at t (N,): (N, D) (Shoemake 1985; White 2016).

    Direction and length both change at constant speed. Linear where no arc is defined: a and b parallel, or one is 0.
    """
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if length_a < 1e-6 or length_b < 1e-6:
        return lerp(a, b, t)
    unit_a, unit_b = a.astype(np.float64) / length_a, b.astype(np.float64) / length_b  # an angle near π needs digits
    unit_a, unit_b = unit_a / np.linalg.norm(unit_a), unit_b / np.linalg.norm(unit_b)
    omega = float(np.arccos(np.clip(unit_a @ unit_b, -1.0, 1.0)))
    if omega < 1e-4 or np.pi - omega < 1e-4:  # parallel or opposite
        return lerp(a, b, t)
    t = t[:, None]
    direction = (np.sin((1 - t) * omega) * unit_a + np.sin(t * omega) * unit_b) / np.sin(omega)
    z: Floats = (direction * (length_a + t * (length_b - length_a))).astype(np.float32)
    return z


def walk_on(z: Floats, heading: Floats, kick: Floats, seconds: float) -> tuple[Floats, Floats]:
    """Where a random walk at z (D,) is after some seconds, and its new heading (D,).

    ``kick`` (D,) is a draw of N(0, I). The heading is an Ornstein-Uhlenbeck process: it turns slowly and is pulled back
    from where the prior has little mass. All steps have one length.
    """
    heading = heading + seconds * (-0.8 * heading - 0.9 * z) + np.sqrt(seconds) * 0.9 * kick
    length = float(np.linalg.norm(heading)) or 1.0
    return np.asarray(z + heading / length * WALK_SPEED * seconds, np.float32), np.asarray(heading, np.float32)


@dataclass(frozen=True)
class Plane:
    """Two orthonormal ``axes`` (2, D), which span the plane that a map shows."""

    axes: Floats
    label: str = ""

    def at(self, points: Floats, through: Floats) -> Floats:
        """z (N, D) of plane coordinates (N, 2), on the parallel plane through the point ``through`` (D,)."""
        offset = through - (self.axes @ through) @ self.axes  # (D,), orthogonal to the plane
        return (offset + points @ self.axes).astype(np.float32)

    def of(self, z: Floats) -> Floats:
        """Plane coordinates (N, 2) of z (N, D)."""
        with np.errstate(invalid="ignore"):  # codes of a diverging run may be infinite
            return np.asarray(z @ self.axes.T, np.float32)

    def key_through(self, z: Floats) -> tuple[bytes, bytes]:
        """Names the plane through z (D,): a point that moves on it by less than 0.001 σ off it changes nothing."""
        off = z - (self.axes @ z) @ self.axes  # (D,)
        return self.axes.tobytes(), (off.round(3) + 0.0).astype(np.float32).tobytes()  # -0 has other bytes than 0


def axis_plane(first: int, second: int, dims: int) -> Plane:
    """The plane of two coordinates, counted from 0. With one dimension the second axis is zero."""
    axes = np.zeros((2, dims), np.float32)
    axes[0, first] = 1.0
    if dims > 1:
        axes[1, second] = 1.0
    return Plane(axes, f"z{first + 1}, z{second + 1}")


def principal_plane(codes: Floats) -> Plane:
    """The plane of the first two principal components of codes (N, D), D >= 2."""
    centred = codes - codes.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :2].T
    # the largest entry is made positive, so that axes do not flip between refreshes
    signs = np.where(np.abs(axes).max(1) == axes.max(1), 1.0, -1.0)
    return Plane((axes * signs[:, None]).astype(np.float32), "PCA")

"""The targets of ``latent-playground bench``: figures of its report, each with a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KINDS = (("vae", "mlp"), ("vae", "conv"), ("ae", "mlp"), ("ae", "conv"), ("gan", "mlp"), ("gan", "conv"))
"""Models and networks whose training step is compared with plain loops."""


@dataclass(frozen=True)
class Target:
    """A figure of the report by its path, and its bound: an upper one if ``at_most``, else a lower one.

    Without a bound it stands there to be compared.
    """

    path: str
    bound: float | None
    at_most: bool
    unit: str = ""


WINDOW = (
    ("training_ratio_1.median", 0.96, False, ""),
    ("training_ratio_3.median", 0.92, False, ""),
    ("drag_ms.p50", 5, True, "ms"),
    ("drag_ms.p99", 12, True, "ms"),
    ("loop_gap_ms.p99", 15, True, "ms"),
    ("loop_gap_ms.max", 100, True, "ms"),
    ("measuring.drag_ms.p50", 8, True, "ms"),
    ("measuring.drag_ms.p99", 20, True, "ms"),
    ("measuring.loop_gap_ms.p99", 20, True, "ms"),
    ("measuring.loop_gap_ms.max", 100, True, "ms"),
    ("walk.loop_gap_ms.p99", 15, True, "ms"),
    ("walk.loop_gap_ms.max", 100, True, "ms"),
    ("memory_mb", 1000, True, "MB"),
)
"""Figures of the open window: path, bound, whether an upper one, unit. Lanes in its own process have no targets."""

TARGETS = (
    *(Target(f"engine.{model}.{network}.ratio_bare.median", 0.98, False) for model, network in KINDS),
    Target("engine.vae.mlp.ratio_example.median", 2.0, False),
    Target("engine.vae.mlp.ratio_bfloat16.median", 1.3, False),
    Target("engine.vae.mlp.gemm_share.median", 0.60, False),
    Target("busy.ratio.median", 0.5, False),
    *(Target(f"window.process.{path}", bound, at_most, unit) for path, bound, at_most, unit in WINDOW),
    *(Target(f"window.threads.{path}", None, at_most, unit) for path, _, at_most, unit in WINDOW),
    Target("window.rest_share.plots", 0.01, True),
    Target("soak.growth_mb_per_10min.at_least", 1, True, "MB"),
    *(
        Target(f"information.{control}.{state}.{how}.updates_per_second", 60, False)
        for control in ("bars", "gaussians", "elbo_beta", "epsilon", "hole_map", "corruption")
        for state in ("rest", "training")
        for how in ("hand", "keys")
    ),
    Target("reactions.worst_ms", 100, True, "ms"),
    Target("gan_2d.iterations_per_second.median", 600, False),
    Target("first_digits.seconds", 12, True, "s"),
    Target("start.window_ms.median", 800, True, "ms"),
    Target("start.first_step_ms.median", 2500, True, "ms"),
    Target("scale.history.10000000.mb", 64, True, "MB"),
    Target("scale.history.10000000.draw_ms", 4, True, "ms"),
    Target("scale.map.60000.frames_per_second", 60, False, "frames/s"),
    Target("scale.map.1000000.frames_per_second", 30, False, "frames/s"),
)


def figure(report: dict[str, Any], path: str) -> float | None:
    """A number of a report by its path, or None. Keys are joined by dots; those of ``engine`` contain a dot."""
    part: Any = report
    keys = path.split(".")
    while keys and isinstance(part, dict):
        key = next((k for k in (".".join(keys[:count]) for count in range(len(keys), 0, -1)) if k in part), None)
        if key is None:
            return None
        part, keys = part[key], keys[key.count(".") + 1 :]
    return float(part) if isinstance(part, int | float) and not keys else None


def table(report: dict[str, Any]) -> str:
    """The figures that have a target, as a Markdown table with pass marks."""
    lines = ["| what | measured | target | |", "|---|---:|---:|---|"]
    for target in TARGETS:
        value = figure(report, target.path)
        if value is None:
            continue
        unit = f" {target.unit}" if target.unit else ""
        name = target.path.removesuffix(".median")
        bound, verdict = _judged(value, target, unit)
        lines.append(f"| `{name}` | {value:g}{unit} | {bound} | {verdict} |")
    return "\n".join(lines)


def _judged(value: float, target: Target, unit: str) -> tuple[str, str]:
    """The bound as it is printed, and whether a value meets it; both "" where there is none."""
    if target.bound is None:
        return "", ""
    is_met = value <= target.bound if target.at_most else value >= target.bound
    return f"{'≤' if target.at_most else '≥'} {target.bound:g}{unit}", "met" if is_met else "missed"

"""The targets of ``latent-playground bench``: figures of its report, each with a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KINDS = (("vae", "mlp"), ("vae", "conv"), ("ae", "mlp"), ("ae", "conv"), ("gan", "mlp"), ("gan", "conv"))
"""Models and networks whose training step is compared with plain loops."""


@dataclass(frozen=True)
class Target:
    """A figure of the report by its path, and its bound: an upper one if ``at_most``, else a lower one."""

    path: str
    bound: float
    at_most: bool
    unit: str = ""


TARGETS = (
    *(Target(f"engine.{model}.{network}.ratio_bare.median", 0.97, False) for model, network in KINDS),
    Target("engine.vae.mlp.ratio_example.median", 2.0, False),
    Target("engine.vae.mlp.ratio_bfloat16.median", 1.3, False),
    Target("engine.vae.mlp.gemm_share.median", 0.60, False),
    Target("window.training_ratio_1.median", 0.95, False),
    Target("window.training_ratio_3.median", 0.90, False),
    Target("window.drag_ms.p50", 8, True, "ms"),
    Target("window.drag_ms.p99", 20, True, "ms"),
    Target("window.loop_gap_ms.p99", 20, True, "ms"),
    Target("window.loop_gap_ms.max", 100, True, "ms"),
    Target("window.measuring.drag_ms.p50", 8, True, "ms"),
    Target("window.measuring.drag_ms.p99", 20, True, "ms"),
    Target("window.measuring.loop_gap_ms.p99", 20, True, "ms"),
    Target("window.measuring.loop_gap_ms.max", 100, True, "ms"),
    Target("window.rss_mb", 700, True, "MB"),
    Target("soak.growth_mb_per_10min.at_least", 1, True, "MB"),
    *(
        Target(f"information.{control}.{state}.{how}.updates_per_second", 60, False)
        for control in ("bars", "gaussians", "elbo_beta", "epsilon", "hole_map", "corruption")
        for state in ("rest", "training")
        for how in ("hand", "keys")
    ),
    Target("reactions.worst_ms", 100, True, "ms"),
    Target("gan_2d.iterations_per_second.median", 600, False),
    Target("start.window_ms.median", 1000, True, "ms"),
    Target("start.first_step_ms.median", 4000, True, "ms"),
    Target("scale.history.10000000.mb", 64, True, "MB"),
    Target("scale.history.10000000.draw_ms", 4, True, "ms"),
    Target("scale.map.60000.frames_per_second", 30, False, "frames/s"),
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
        is_met = value <= target.bound if target.at_most else value >= target.bound
        sign = "≤" if target.at_most else "≥"
        unit = f" {target.unit}" if target.unit else ""
        name = target.path.removesuffix(".median")
        verdict = "met" if is_met else "missed"
        lines.append(f"| `{name}` | {value:g}{unit} | {sign} {target.bound:g}{unit} | {verdict} |")
    return "\n".join(lines)

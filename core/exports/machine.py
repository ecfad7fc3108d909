"""What a report says of the machine and the program that made it."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import torch

from core.exports.base import PROGRAM
from core.foundation.version import version
from core.training import devices

PACKAGES = ("torch", "numpy", "PySide6-Essentials", "safetensors", "pillow")


def facts() -> tuple[tuple[str, str], ...]:
    """Versions of the program and of what it computes with, and the machine: labels and values."""
    device = devices.choose("auto")
    name = f"{device.type} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type
    packages = ", ".join(f"{package} {_version(package)}" for package in PACKAGES)
    return (
        ("Program", f"{PROGRAM} {version()}".strip()),
        ("With", f"Python {platform.python_version()}, {packages}"),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Processor", f"{_processor()}; {devices.cores()} of {os.cpu_count() or 1} cores"),
        ("Device", name),
    )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """The processor's name; Python knows it on Linux by its family only."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), "") or platform.processor() or platform.machine()

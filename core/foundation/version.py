"""The version of the program."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The version of the program; "" where it is not installed."""
    try:
        return metadata.version("latent-playground")
    except metadata.PackageNotFoundError:
        return ""

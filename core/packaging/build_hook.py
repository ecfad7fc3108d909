"""Puts the package ``latent_playground`` at the top of a wheel; an editable installation finds it in this folder."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "latent_playground"


class PackageAtTheTop(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling, as pyproject.toml says."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the package to the files of a wheel: its ``sources`` cannot say so, as "core" comes before its folder."""
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"][f"core/packaging/{PACKAGE}"] = PACKAGE

"""A small package with a registry, a user's folder and a place for installed packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.foundation.registry import Registry

BASE = """
from core.foundation.registry import Registry

LOADED = []

class Thing:
    title = "A thing"
    fits = True

def check(cls):
    return "" if cls.fits else f"{cls.__name__} does not fit"

THINGS = Registry("house", "thing", kind="things", check=check, reserved=("step",))
OTHERS = Registry("house.others", "other")
register = THINGS.register
"""
OURS = """
from house.base import Thing, register

@register("ours")
class Ours(Thing):
    order = 1
"""
HEAD = "from house.base import LOADED, Thing, register\nLOADED.append(__name__)\n"


def thing(name: str, body: str = "pass", cls: str = "Mine") -> str:
    return f'{HEAD}\n@register("{name}")\nclass {cls}(Thing):\n    {body}\n'


class House:
    """A package of ours with a registry, beside a user's folder and a place where packages are installed."""

    def __init__(self, root: Path) -> None:
        self.files = root / "data" / "things"
        self.site = root / "site"
        self.package = self.site / "house"
        (self.package / "others").mkdir(parents=True)
        for name, text in (("__init__", ""), ("others/__init__", ""), ("base", BASE), ("ours", OURS)):
            (self.package / f"{name}.py").write_text(text)

    @property
    def base(self) -> Any:
        return __import__("house.base").base

    @property
    def things(self) -> Registry[Any]:
        found: Registry[Any] = self.base.THINGS
        return found

    def write(self, name: str, text: str | bytes) -> Path:
        """A file of the user."""
        self.files.mkdir(parents=True, exist_ok=True)
        (self.files / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.files / name

    def install(self, package: str, points: str, **modules: str) -> None:
        """A package with entry points."""
        info = self.site / f"{package}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[latent_playground.things]\n{points}\n")
        (self.site / package).mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (self.site / package / f"{name}.py").write_text(text)

"""Name -> class. A registry imports every module of its folder once, the first time it is asked.

A file that fails to import does not stop the program: its name and error are kept in ``broken``.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from core.foundation.user_error import UserError

T = TypeVar("T")


class UnknownName(UserError, KeyError):
    """A name nobody registered. ``str(error)`` is one plain sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry(Generic[T]):
    """The classes of one folder, by name, in the order of their ``order`` attribute, then by name."""

    def __init__(self, package: str, noun: str, inside: str = "") -> None:
        """``inside`` names the module that registers, where each entry of the folder is a folder of its own."""
        self._package = package
        self._noun = noun
        self._inside = f".{inside}" if inside else ""
        self._classes: dict[str, type[T]] = {}
        self._scanned = False
        self._lock = threading.RLock()
        self.broken: dict[str, str] = {}

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: make the class available under ``name``."""

        def add(cls: type[T]) -> type[T]:
            present = self._classes.get(name)
            if present is not None and present.__module__ != cls.__module__:
                raise ValueError(f"two {self._noun}s are called '{name}': {present.__module__}, {cls.__module__}")
            cls.name = name  # type: ignore[attr-defined]
            self._classes[name] = cls
            return cls

        return add

    def _scan(self) -> None:
        with self._lock:
            if self._scanned:
                return
            self._scanned = True
            importlib.invalidate_caches()
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__):
                try:
                    importlib.import_module(f"{self._package}.{module.name}{self._inside}")
                    self.broken.pop(module.name, None)
                except Exception as error:  # a broken file greys out its entry, the rest goes on
                    self.broken[module.name] = f"{type(error).__name__}: {error}"

    def rescan(self) -> None:
        """Look into the folder again (a file was added while we ran)."""
        with self._lock:
            self._scanned = False
        self._scan()

    def forget(self, name: str) -> None:
        """Take a class out again."""
        self._classes.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """Every registered name, in menu order."""
        self._scan()
        return tuple(sorted(self._classes, key=lambda n: (getattr(self._classes[n], "order", 100), n)))

    def get(self, name: str) -> type[T]:
        """The class of that name; `UnknownName` says which there are, and why one is broken."""
        self._scan()
        found = self._classes.get(name)
        if found is not None:
            return found
        why = f" ({self.broken[name]})" if name in self.broken else ""
        raise UnknownName(f"there is no {self._noun} '{name}'{why}; there are {', '.join(self.names())}")

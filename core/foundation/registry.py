"""Name -> class. A registry imports every module of its folder once, the first time it is asked.

Where it has a ``kind``, it then imports what comes from outside (`core.foundation.extensions`): modules of installed
packages, then a user's own files. These are written exactly as ours are, and what they register is checked first, so
that a class which lacks something fails here and not in a lane. A module that cannot be used does not stop the program:
its error is kept in ``broken``, and nothing that it registered is taken.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.foundation import extensions
from core.foundation.extensions import Claim, Imported
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

T = TypeVar("T")


class UnknownName(UserError, KeyError):
    """A name nobody registered. ``str(error)`` is one plain sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Extension:
    """A module from outside: its label in menus, its place, the names that it registered, or why it cannot be used.

    ``wanted`` are the names by which somebody may ask for it.
    """

    label: str
    place: str
    names: tuple[str, ...]
    trouble: str = ""
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Entry:
    """A line of a menu: a class by its ``name``, or a module that cannot be used, with the reason."""

    name: str
    title: str
    why_broken: str = ""


def _anything(cls: Any) -> str:
    return ""


class Registry(Generic[T]):
    """The classes of one folder, by name, in the order of their ``order`` attribute, then by name."""

    def __init__(
        self,
        package: str,
        noun: str,
        inside: str = "",
        *,
        kind: str = "",
        check: Callable[[Any], str] = _anything,
        reserved: Sequence[str] = (),
    ) -> None:
        """``inside`` names the module that registers, where each entry of the folder is a folder of its own.

        ``kind`` names the folder of users' files and the group of entry points; without it nothing comes from outside.
        ``check`` says in one sentence why a class from outside cannot be used; "" where it can. ``reserved`` are names
        that mean something else where these stand.
        """
        self.noun = noun
        self.kind = kind
        self.broken: dict[str, str] = {}
        self._package = package
        self._inside = f".{inside}" if inside else ""
        self._check = check
        self._reserved = frozenset(reserved)
        self._classes: dict[str, type[T]] = {}
        self._scanned = False
        self._lock = threading.RLock()
        self._installed: list[Imported] | None = None
        self._stamp: extensions.Stamp | None = None
        self._extensions: tuple[Extension, ...] = ()

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: make the class available under ``name``."""
        if self.kind and (not isinstance(name, str) or not name.isidentifier()):  # it is an option and a file name too
            raise ValueError(f'a name is made of letters, digits and _, as in @register("mine"); {name!r} is none')

        def add(cls: type[T]) -> type[T]:
            caller = str(sys._getframe(1).f_globals.get("__name__"))  # a file from outside may import one of ours
            if not caller.startswith(f"{self._package}.") and extensions.claim(self, name, cls):
                return cls
            present = self._classes.get(name)
            if present is not None and present.__module__ != cls.__module__:
                raise ValueError(f"two {self.noun}s are called '{name}': {present.__module__}, {cls.__module__}")
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
            broken = {}
            for module in pkgutil.iter_modules(package.__path__):
                try:
                    importlib.import_module(f"{self._package}.{module.name}{self._inside}")
                except Exception as error:  # a broken file greys out its entry, the rest goes on
                    broken[module.name] = f"{type(error).__name__}: {error}"
            if self.kind:
                self._scan_outside()
            self.broken = broken | {each.label: each.trouble for each in self._extensions if each.trouble}

    def _scan_outside(self) -> None:
        """Import what is new or changed: nothing while the stamp of the user's folder stays the same."""
        stamp = extensions.stamp(self.kind)
        if stamp == self._stamp:
            return
        if self._installed is None:  # what is installed does not change while the program runs
            self._installed = extensions.import_entry_points(self.kind)
        imported = [*self._installed, *extensions.import_files(self.kind)]
        self._stamp = stamp
        gone = {name for extension in self._extensions for name in extension.names}
        classes = {name: cls for name, cls in self._classes.items() if name not in gone}
        owners: dict[str, str] = {}
        self._extensions = tuple(self._admit(each, classes, owners) for each in imported)
        self._classes = classes  # replaced as a whole: other threads may be reading the old one

    def _admit(self, module: Imported, classes: dict[str, type[T]], owners: dict[str, str]) -> Extension:
        """Take in everything that a module claims, or nothing of it."""
        wanted = frozenset({module.stem, module.label, *(claim.name for claim in module.claims)})
        trouble = module.trouble or self._objection(module, classes, owners)
        if trouble:
            return Extension(module.label, module.place, (), trouble, wanted)
        for claim in module.claims:
            classes[claim.name] = claim.cls
            owners[claim.name] = module.label
        return Extension(module.label, module.place, tuple(claim.name for claim in module.claims), "", wanted)

    def _objection(self, module: Imported, classes: dict[str, type[T]], owners: dict[str, str]) -> str:
        """Why the claims of a module cannot be met, in one sentence; "" where they can."""
        if not module.claims:
            return f'it registers nothing; write @register("{module.stem.lower()}") over the class of your {self.noun}'
        asked: set[str] = set()
        for claim in module.claims:
            other = claim.registry
            if other is not self:
                noun = other.noun if isinstance(other, Registry) else "thing"
                return f"it registers '{claim.name}' as a {noun}, but lies among the {self.kind}; put it elsewhere"
            if claim.name in self._reserved:
                return f"a {self.noun} cannot be called '{claim.name}'; register another name"
            if claim.name in asked:
                return f"it registers '{claim.name}' twice"
            if claim.name in classes:
                owner = owners.get(claim.name, "this program")
                return f"there is a {self.noun} '{claim.name}' already, of {owner}; register another name"
            if any(claim.cls is cls for cls in classes.values()):
                return f"{claim.cls.__name__} is registered already as '{claim.cls.name}'; make a subclass of it"
            if trouble := self._checked(claim):
                return trouble
            asked.add(claim.name)
        return ""

    def _checked(self, claim: Claim) -> str:
        try:
            trouble = self._check(claim.cls)
            if not trouble:
                claim.cls.name = claim.name
        except Exception as error:  # a descriptor or a metaclass of somebody's own may do anything
            return extensions.sentence(error)
        return trouble

    def rescan(self) -> None:
        """Look again into our folder and that of the user: what was added or changed while we ran is imported.

        It takes a fifth of a millisecond where nothing did.
        """
        with self._lock:
            self._scanned = False
            self._scan()

    def forget(self, name: str) -> None:
        """Take a class out again."""
        self._classes.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """Every registered name, in menu order."""
        self._scan()
        classes = self._classes
        return tuple(sorted(classes, key=lambda n: (getattr(classes[n], "order", 100), n)))

    def entries(self) -> tuple[Entry, ...]:
        """The lines of a menu, as the folders are now: every class, then every module that cannot be used."""
        self.rescan()
        classes = self._classes
        usable = [Entry(name, str(getattr(classes[name], "title", name))) for name in self.names()]
        return (*usable, *(Entry(label, label, why) for label, why in self.broken.items()))

    def extensions(self) -> tuple[Extension, ...]:
        """Every module from outside, in the order in which they were imported."""
        self._scan()
        return self._extensions

    @property
    def folder(self) -> Path:
        """Where a user's own files of this kind belong; it need not exist."""
        return extensions.user_folder() / self.kind

    def get(self, name: str) -> type[T]:
        """The class of that name; `UnknownName` says which there are, and why one is broken."""
        self._scan()
        found = self._classes.get(name)
        if found is not None:
            return found
        raise UnknownName(self._unknown(name))

    def _unknown(self, name: str) -> str:
        """Why there is no such name, and which there are."""
        meant = {each.label for each in self._extensions if each.trouble and name in each.wanted}
        meant |= {label for label in self.broken if label == name}
        reasons = [f"{label}: {why}" for label, why in self.broken.items() if label in meant]
        why = f" ({'; '.join(reasons)})" if reasons else ""
        others = [label for label in self.broken if label not in meant]
        rest = f"; these cannot be used: {', '.join(others)}" if others else ""
        return f"there is no {self.noun} '{brief(name)}'{why}; there are {', '.join(self.names())}{rest}"

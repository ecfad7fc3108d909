"""Python modules from outside the program: a user's own files, and what installed packages name as entry points.

A user's file is ``DATA/KIND/NAME.py``, where KIND is "models", "datasets" or "metrics" and DATA is the user's data
folder for this program, or the folder that the environment variable LATENT_PLAYGROUND_DATA names. It is imported as
``latent_playground_user.KIND.NAME``; ``sys.path`` stays as it is, and nothing is written into the folder. Names that
begin with ``_`` or ``.`` are passed over: ``_shared.py`` is for what several files of a folder import. An installed
package names its modules as entry points of the group ``latent_playground.KIND``.

Importing a file runs it with all rights of the user, as it does everywhere in Python: put only code there that you
would run. Files are imported and nothing else: no pickle is read and no text is evaluated.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import stat
import sys
import traceback
import types
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.foundation.quoted import brief, printable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

DATA = "LATENT_PLAYGROUND_DATA"
PACKAGE = "latent_playground_user"
GROUP = "latent_playground"
LONGEST = 300
"""Characters of an error's message that are shown."""

Stamp = tuple[Any, ...]


@dataclass(frozen=True)
class Claim:
    """A class that asked a registry for a name while its module was imported."""

    registry: object
    name: str
    cls: Any


@dataclass
class Imported:
    """A module from outside after its import: what it claims, and its ``trouble``, one sentence without a full stop.

    ``label`` names it in menus, ``stem`` is the name people may take for that of its class, ``place`` is where it is.
    """

    label: str
    stem: str
    place: str
    module: str
    claims: list[Claim] = field(default_factory=list)
    trouble: str = ""


_claims: ContextVar[list[Claim] | None] = ContextVar("claims", default=None)
"""Those of the module from outside that this thread is importing."""
_claims_of: dict[str, list[Claim]] = {}
"""The claims of each user's module that is in ``sys.modules``."""
_folders: dict[str, Path] = {}
"""The folder of each package of user's modules."""


def user_folder() -> Path:
    """The folder of a user's own files. It need not exist, and this program never makes it."""
    chosen = os.environ.get(DATA)
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_data_dir("latent-playground", appauthor=False))


def claim(registry: object, name: str, cls: Any) -> bool:
    """Note a claim, if this thread is importing a module from outside; the registry decides after the import."""
    claims = _claims.get()
    if claims is None:
        return False
    claims.append(Claim(registry, name, cls))
    return True


@contextlib.contextmanager
def _collecting(claims: list[Claim]) -> Iterator[None]:
    token = _claims.set(claims)
    try:
        yield
    finally:
        _claims.reset(token)


# --- a user's files --------------------------------------------------------------------------------------------------


def stamp(kind: str) -> Stamp:
    """Changes when a Python file of the folder comes, goes or is changed: one look at the folder, nothing is read."""
    folder = user_folder() / kind
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py") and not entry.name.startswith("."):
                    found.append((entry.name, *_facts(entry.path)))
    except FileNotFoundError:
        return (str(folder),)
    except OSError as error:
        return str(folder), error.strerror
    return str(folder), *sorted(found)


def _facts(path: str) -> tuple[int, int, int]:
    try:
        facts = os.stat(path)
    except OSError:
        return 0, 0, 0
    return facts.st_mode, facts.st_mtime_ns, facts.st_size


def import_files(kind: str) -> list[Imported]:
    """Import every file of the user's folder anew, in the order of their names. Errors are data: nothing is raised."""
    folder = user_folder() / kind
    package = f"{PACKAGE}.{kind}"
    _forget(package)
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py") and name[0] not in "._")
    except FileNotFoundError:
        return []
    except OSError as error:
        return [Imported(kind, "", str(folder), "", trouble=f"the folder cannot be read: {error.strerror}")]
    if names:
        _prepare(package, folder)
    return [_import_file(package, folder / name) for name in names]


def _forget(package: str) -> None:
    """Take the user's modules of a package out of Python, so that the next import reads the files again."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    for name in [name for name in _claims_of if name.startswith(f"{package}.")]:
        del _claims_of[name]


def _prepare(package: str, folder: Path) -> None:
    """A package without a file, whose modules are found in the folder."""
    _folders[package] = folder
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
    for name in (PACKAGE, package):
        if name not in sys.modules:
            sys.modules[name] = types.ModuleType(name, "Files of the user.")
            sys.modules[name].__path__ = []
    setattr(sys.modules[PACKAGE], package.rpartition(".")[2], sys.modules[package])


def _import_file(package: str, path: Path) -> Imported:
    found = Imported(printable(path.name), path.stem, printable(str(path)), f"{package}.{path.stem}")
    found.trouble = _not_a_module(path)
    if not found.trouble:
        try:
            importlib.import_module(found.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit raises none of Exception's
            found.trouble = sentence(error, str(path))
    found.claims = _claims_of.get(found.module, [])
    return found


def _not_a_module(path: Path) -> str:
    """Why Python could not import a file, before it tries: its own words would not say so."""
    if not path.stem.isidentifier():
        return "its name is none for a Python module; use letters, digits and _ only"
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if stat.S_ISDIR(mode):
        return "it is a folder, not a file"
    return "" if stat.S_ISREG(mode) else "it is not a regular file"


class _Finder(MetaPathFinder):
    """Finds the modules of `_folders`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """The file of a user's module."""
        package, _, stem = fullname.rpartition(".")
        folder = _folders.get(package)
        if folder is None or _not_a_module(folder / f"{stem}.py"):
            return None
        place = str(folder / f"{stem}.py")
        return spec_from_file_location(fullname, place, loader=_Loader(fullname, place))


class _Loader(SourceFileLoader):
    """Compiles a file whenever it is imported.

    A bytecode cache would be a folder among the user's files, and tells versions apart by whole seconds only.
    """

    def get_code(self, fullname: str) -> types.CodeType:
        """From the source, always."""
        code: types.CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the file; what it registers is its own, unless it is a part of the file that imports it."""
        if module.__name__.rpartition(".")[2].startswith("_"):
            super().exec_module(module)
            return
        claims = _claims_of[module.__name__] = []
        with _collecting(claims):
            super().exec_module(module)


# --- installed packages ----------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def _entry_points(path: tuple[str, ...]) -> Any:
    """All entry points that are found along ``sys.path``. Of 53 packages they take 3 ms, so they are read once."""
    from importlib.metadata import entry_points  # not above: it imports the email package

    return entry_points()


def import_entry_points(kind: str) -> list[Imported]:
    """Import every module that an installed package names for this kind. Errors are data: nothing is raised."""
    try:
        points = _entry_points(tuple(sys.path)).select(group=f"{GROUP}.{kind}")
    except Exception as error:  # the metadata of any installed package may be damaged
        return [Imported("entry points", "", "installed packages", "", trouble=sentence(error))]
    found: dict[str, Imported] = {}
    for point in sorted(points, key=lambda each: (each.name, each.value)):
        module = point.value.partition(":")[0].strip()
        if module in found:  # one module under two names
            continue
        package = _package_of(point)
        each = found[module] = Imported(f"{point.name} ({package})", point.name, f"{module} of {package}", module)
        try:
            with _collecting(each.claims):
                importlib.import_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            each.trouble = sentence(error)
    for each, claims in [(each, each.claims) for each in found.values()]:
        each.claims = []
        for one in claims:  # a package's __init__ may import several of its modules: to each its own classes
            found.get(getattr(one.cls, "__module__", ""), each).claims.append(one)
    return list(found.values())


def _package_of(point: EntryPoint) -> str:
    try:
        return "unknown package" if point.dist is None else f"{point.dist.name} {point.dist.version}"
    except Exception:  # damaged metadata
        return "unknown package"


# --- words -----------------------------------------------------------------------------------------------------------


def sentence(error: BaseException, path: str = "") -> str:
    """An error as one line: its kind, its message, and the line of the file ``path`` where it came up."""
    if isinstance(error, SystemExit):
        words = "it calls sys.exit"
    elif isinstance(error, SyntaxError) and error.filename == path:
        return f"SyntaxError: {error.msg} (line {error.lineno})"
    else:
        words = f"{type(error).__name__}: {_message(error)}".rstrip(": ")
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return f"{words} (line {lines[-1]})" if lines else words


def _message(error: BaseException) -> str:
    try:
        words = " ".join(str(error).split())
    except Exception:  # an error of somebody's own may not know its words
        return ""
    return brief(words, LONGEST)

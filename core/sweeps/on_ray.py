"""Runs of a sweep as tasks of Ray: on this machine, or on the machines of a cluster.

Each data set goes to the object store once, so that it travels once to each node. A run is trained in the sweep's own
folder where its node sees that, and comes back through the object store where it does not. Ray begins a run again when
its worker or node dies.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.datasets.base import Dataset, Images, load
from core.engine.autosave import Every
from core.evaluation.real_side import RealSide
from core.foundation.files import FileError, explained, make_folder
from core.foundation.program import ROOT
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.sweeps import folder
from core.sweeps.home import Happened
from core.sweeps.plan import Plan, PlannedRun
from core.sweeps.train_run import Asked, seconds_per_step, train_run

INSTALLED = "latent_playground"
"""The package in site-packages that knows where ours are: `core.packaging`."""
MISSING = "Ray is not installed; install it by: pip install 'latent-playground[ray]'"
WAY_OUT = "start one by 'ray start --head', or give its token in RAY_AUTH_TOKEN"
AHEAD = 2
"""Runs that wait at the cluster beyond those that it computes, so that none of its cores waits for the next."""
CAPACITY_S = 5.0
"""Time between two looks at how large the cluster is, s."""
TRIAL_PATIENCE_S = 120.0
"""Longest wait for the trial, s: workers import torch first."""


def home(
    where: str, place: Path, plan: Plan, slots: int | None, cpus: float, gpus: float, retries: int, save: str | None
) -> OnRay:
    """The Ray of that name: "ray" starts one here, "auto" joins one that runs here, else its address.

    Raises `UserError` where Ray is missing, or there is none at that address, or none of its nodes has so many
    ``cpus`` and ``gpus`` for a run.
    """
    # workers of Ray are a fresh Python: it must find what this one has found, also where that was started without site
    sys_path = [str(ROOT), *(each for each in sys.path if each.endswith("site-packages"))]
    path = os.pathsep.join(
        dict.fromkeys([*sys_path, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
    )
    os.environ["PYTHONPATH"] = path
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if where != "ray" and _has_token():  # clusters ask for it since Ray 2.60, and a driver must say that it has one
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ImportError:
        raise UserError(MISSING) from None
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if where == "ray":
        options |= {"include_dashboard": False, "num_cpus": slots and max(1, round(slots * cpus))}
    else:
        _check_address(where)
        options["address"] = where
    options["runtime_env"] = {"env_vars": {"PYTHONPATH": path}}
    if importlib.util.find_spec(INSTALLED) is not None:  # nodes may have it in another place than this one
        options["runtime_env"]["worker_process_setup_hook"] = f"{INSTALLED}.use_own_packages"
    try:
        ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError, OSError) as error:
        why = brief(str(error).strip().partition("\n")[0].partition(". ")[0], 120) or type(error).__name__
        raise UserError(f"no Ray answers at '{brief(where)}': {why}; {WAY_OUT}") from None
    try:
        _check_resources(ray, cpus, gpus)
        return OnRay(ray, where, place, plan, slots, cpus, gpus, retries, save)
    except BaseException:
        ray.shutdown()
        raise


def _has_token() -> bool:
    """Whether there is a token for clusters of this user, where Ray looks for it."""
    names = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    return any(os.environ.get(name) for name in names) or (Path.home() / ".ray" / "auth_token").is_file()


def _check_address(where: str) -> None:
    """Raise `UserError` for what is no address, before Ray waits for it."""
    host, _, port = where.removeprefix("ray://").rpartition(":")
    if where != "auto" and not (host and port.isdecimal() and int(port) < 65_536):
        raise UserError(f"--on: '{brief(where)}' is none of processes, ray, auto, HOST:PORT, ray://HOST:PORT")
    if where != "auto":  # Ray itself tries for half a minute, or for ever
        try:
            socket.create_connection((host, int(port)), 5.0).close()
        except OSError as error:
            why = error.strerror or str(error)
            raise UserError(f"no Ray answers at '{brief(where)}': {why}; start one by 'ray start --head'") from None


def _check_resources(ray: Any, cpus: float, gpus: float) -> None:
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for name, asked in (("CPU", cpus), ("GPU", gpus)):
        most = max((node.get(name, 0.0) for node in nodes), default=0.0)
        if asked > most:
            raise UserError(
                f"no node of this Ray has {asked:g} {name} for a run, the largest has {most:g}; ask for less"
            )


class OnRay:
    """See `core.sweeps.home.Home`."""

    own_retries = True

    def __init__(
        self,
        ray: Any,
        where: str,
        place: Path,
        plan: Plan,
        slots: int | None,
        cpus: float,
        gpus: float,
        retries: int,
        save: str | None,
    ) -> None:
        self._ray, self._place, self._plan, self._save = ray, place.absolute(), plan, save
        self._most, self._share = slots, (cpus, gpus)
        needs = {"num_cpus": cpus, "num_gpus": gpus, "max_retries": retries}
        self._compute = ray.remote(**needs)(compute)
        self._time = ray.remote(**{**needs, "max_retries": 0})(time_steps)
        self._data: dict[object, Any] = {}
        self._computed: dict[Any, PlannedRun] = {}
        self._looked_at = 0.0
        self.slots = 1
        self._look()
        nodes = sum(node["Alive"] for node in ray.nodes())
        self.words = f"Ray ({nodes} node{'s' if nodes > 1 else ''}, {self.slots - AHEAD} runs at once)"

    def _look(self) -> None:
        """See how many runs the cluster can compute at once: nodes come and go."""
        if time.monotonic() - self._looked_at < CAPACITY_S:
            return
        self._looked_at = time.monotonic()
        there = self._ray.cluster_resources()
        fits = [int(there.get(name, 0) / each) for name, each in zip(("CPU", "GPU"), self._share, strict=True) if each]
        capacity = min(fits, default=1)
        self.slots = max(1, capacity if self._most is None else min(capacity, self._most)) + AHEAD

    def _data_of(self, run: PlannedRun) -> tuple[str, list[Any]]:
        """The fingerprint of a run's data, and their place in the object store, in a list: Ray must not unpack it."""
        key = run.dataset, run.source
        if key not in self._data:
            dataset = load(run.dataset, run.source)
            self._data[key] = dataset.fingerprint, [self._ray.put(dataset)]
        found: tuple[str, list[Any]] = self._data[key]
        return found

    def begin(self, run: PlannedRun) -> None:
        """See `Home`."""
        asked = {"measures": list(self._plan.measures), "sampler": self._plan.sampler, "save": self._save}
        place = str(self._place), self._plan.digest
        self._computed[self._compute.remote(run.to_json(), place, asked, *self._data_of(run))] = run

    def wait(self, timeout_s: float) -> Sequence[Happened]:
        """See `Home`."""
        self._look()
        if not self._computed:
            return ()
        ready, _ = self._ray.wait(list(self._computed), num_returns=1, timeout=timeout_s)
        more, _ = (
            self._ray.wait(list(self._computed), num_returns=len(self._computed), timeout=0) if ready else ((), ())
        )
        return [self._happened(each) for each in more]

    def _happened(self, answer: Any) -> Happened:
        run = self._computed.pop(answer)
        exceptions = self._ray.exceptions
        try:
            kind, found = self._ray.get(answer)
            if kind == "files":
                _write(folder.folder_of(self._place, run), found)
                kind = "over"
            return Happened(run.number, kind, why=found if kind == "refused" else "")
        except exceptions.TaskCancelledError:
            return Happened(run.number, "kept")
        except FileError as error:
            return Happened(run.number, "refused", why=str(error))
        except exceptions.RayError as error:
            return Happened(run.number, "lost", why=brief(_first_words(error), 160))

    def trial(self, runs: Sequence[PlannedRun], seconds: float) -> Mapping[int, float]:
        """See `Home`."""
        asked = {run.number: self._time.remote(run.to_json(), seconds, *self._data_of(run)) for run in runs}
        ready, late = self._ray.wait(list(asked.values()), num_returns=len(asked), timeout=TRIAL_PATIENCE_S)
        for each in late:
            self._ray.cancel(each, force=True)
        found = {}
        for number, answer in asked.items():
            if answer in ready:
                with contextlib.suppress(self._ray.exceptions.RayError):  # told again when the run is trained
                    found[number] = float(self._ray.get(answer))
        return found

    def stop(self) -> None:
        """See `Home`: what a run has kept on its way stays."""
        for answer in self._computed:
            self._ray.cancel(answer, force=True)

    def close(self) -> None:
        """See `Home`."""
        self.stop()
        self._ray.shutdown()


def _first_words(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    """Put a run's files in their folder, all of them or none. Raises `FileError`."""
    with explained(place):
        make_folder(place.parent)
        beside = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
        try:
            for name, content in files.items():
                if Path(name).name != name or name.startswith("."):
                    raise FileError(f"{brief(name)} is no name of a file of a run")
                (beside / name).write_bytes(content)
            beside.chmod(0o755)
            shutil.rmtree(place, ignore_errors=True)  # a part of it at most: nothing here is over yet
            beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


# --- on the nodes ----------------------------------------------------------------------------------------------------

_SIDES: dict[str, RealSide] = {}
"""Data sets of this worker by fingerprint."""
MOST_SIDES = 2


class _Given:
    """Data out of the object store; see `core.sweeps.train_run.Data`."""

    def __init__(self, fingerprint: str, where: list[Any]) -> None:
        self._fingerprint, self._where = fingerprint, where

    def of(self, run: PlannedRun) -> RealSide:
        """See `Data`."""
        if self._fingerprint not in _SIDES:
            import ray

            while len(_SIDES) >= MOST_SIDES:
                _SIDES.pop(next(iter(_SIDES)))
            _SIDES[self._fingerprint] = RealSide(_own(ray.get(self._where[0])))
        return _SIDES[self._fingerprint]


def _own(dataset: Dataset) -> Dataset:
    """A copy that can be written: what lies in the object store cannot, and torch takes none such."""

    def copy(images: Images) -> Images:
        labels = None if images.labels is None else images.labels.copy()
        factors = None if images.factors is None else images.factors.copy()
        return Images(images.pixels.copy(), labels, factors)

    return dataclasses.replace(dataset, train=copy(dataset.train), test=copy(dataset.test))


def compute(
    run: dict[str, Any], place: tuple[str, str], asked: dict[str, Any], fingerprint: str, where: list[Any]
) -> tuple[str, Any]:
    """The task: train and measure a run. "over" where the sweep's folder has it, "files" with them, or "refused"."""
    planned, data = PlannedRun.from_json(run), _Given(fingerprint, where)
    wanted = Asked(tuple(asked["measures"]), asked["sampler"], Every.parsed(asked["save"]))
    sweep, digest = Path(place[0]), place[1]
    try:
        if _sees(sweep, digest):
            train_run(folder.folder_of(sweep, planned), planned, wanted, data, lambda *_: False)
            return "over", ""
        with tempfile.TemporaryDirectory() as name:
            own = Path(name) / planned.name
            train_run(own, planned, wanted, data, lambda *_: False)
            return "files", {path.name: path.read_bytes() for path in own.iterdir() if not path.name.startswith(".")}
    except UserError as error:
        return "refused", str(error)


def _sees(sweep: Path, digest: str) -> bool:
    """Whether this node sees the folder of the sweep, and may write there."""
    try:
        return folder.read_plan(sweep).digest == digest and os.access(sweep / folder.RUNS, os.W_OK)
    except (UserError, OSError):
        return False


def time_steps(run: dict[str, Any], seconds: float, fingerprint: str, where: list[Any]) -> float:
    """The task of a trial: the time that a step takes, s; NaN where it fails."""
    try:
        return seconds_per_step(PlannedRun.from_json(run), _Given(fingerprint, where), seconds)
    except UserError:
        return float("nan")

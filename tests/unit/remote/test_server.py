"""An engine obeys what follows on what was said, and ends the link with a sentence at anything else."""

from __future__ import annotations

import dataclasses
import math
import os
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli.main import main
from core.datasets.base import Dataset
from core.datasets.columns import Columns
from core.datasets.density import Density
from core.engine.commands import Hold, Limits, Start, Step
from core.engine.threads import ThreadEngine
from core.foundation.history import Table
from core.foundation.user_error import UserError
from core.models.base import MODELS
from core.probes.pictures import InterpolationLook, TilesLook
from core.probes.samples import SamplesLook
from core.remote import homes
from core.remote.changes import Weights
from core.remote.checks import check_employ
from core.remote.engine import RemoteEngine
from core.remote.messages import (
    Ask,
    AskMeasures,
    Data,
    Employ,
    Ended,
    ForgetData,
    Ready,
    RestartOf,
    Say,
    Seen,
    Split,
    Trouble,
    WantRealSide,
)
from core.remote.process import ProcessEngine
from core.remote.server import Server
from core.remote.vocabulary import codec
from core.remote.weights import Rebuilder, weights_of
from core.remote.wire import WireError
from core.theory.latent_space import axis_plane
from core.training.saved import Saved, Turn
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import Training

SPLIT = Split(np.zeros((8, 1, 28, 28), np.uint8), None, None)
DATA = Data(1, "tiny", "Tiny", SPLIT, SPLIT, (), (), None, None)
AE = MODELS.get("ae").Config()


@pytest.fixture
def server() -> Iterator[Server]:
    engine = ThreadEngine()
    yield Server(engine, lambda message: None, codec(), pytest.fail)
    assert engine.close(10.0)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (Say(1, Start()), "no run 1"),
        (Seen(-1, 3), "no run -1"),
        (Ask(1, SamplesLook(1, 1), 1), "no run 1"),
        (AskMeasures(7, (), "prior", "at once", 1), "no run 7"),
        (RestartOf(1, None, None, 4, None), "no data 4"),
        (ForgetData(2), "no data 2"),
        (WantRealSide(0), "no data 0"),
        (Employ(1, "AE", "ae", AE, Setup(), 3, 1), "no data 3"),
        (Employ(0, "AE", "ae", AE, Setup(), 1, 1), "cannot follow"),
        (Ready("here", 1, ()), "does not obey"),
    ],
)
def test_what_names_nothing_is_one_sentence(server: Server, message: Any, says: str) -> None:
    server.obey(DATA)
    with pytest.raises(UserError, match=says):
        server.obey(message)


EMPLOY = Employ(1, "AE", "ae", AE, Setup(network="mlp", device="cpu"), 1, 1)
SAVED = Saved({}, 3, 1.0)
NAN_CENTRE = np.array([[np.nan, 0.0]])


def begun_at(**lies: Any) -> Employ:
    return dataclasses.replace(EMPLOY, worker=2, saved=dataclasses.replace(SAVED, **lies))


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (DATA, "data 1 already"),
        (dataclasses.replace(DATA, number=2, train=Split(np.zeros((8, 1, 28, 28)), None, None)), "must be uint8"),
        (dataclasses.replace(DATA, number=2, columns=Columns(("x",), (0.0, 1.0), (1.0,))), "columns than coordinates"),
        (dataclasses.replace(DATA, number=2, title="x" * 99_999), "10,000 characters"),
        (dataclasses.replace(EMPLOY, worker=2, threads=10**9), "threads"),
        (dataclasses.replace(EMPLOY, worker=2, label="x" * 1000), "name of a run"),
        (dataclasses.replace(EMPLOY, worker=2, model="vae"), "not the knobs of vae"),
        (dataclasses.replace(EMPLOY, worker=2, model="x"), "no model 'x'"),
        (dataclasses.replace(EMPLOY, worker=2, life=-1), "its life"),
        (dataclasses.replace(EMPLOY, worker=2, saved=Saved({}, -1, 1.0)), "outside"),
        (Say(1, Step(-1)), "cannot be taken"),
        (Say(1, Hold(math.nan)), "rests for nan"),
        (Hold(math.inf), "rests for inf"),
        (Say(1, Limits(0, math.nan, 0.0)), "finite"),
        (RestartOf(1, MODELS.get("gan").Config(), None, None, None), "not the knobs of ae"),
        (begun_at(step=2**63 - 1), "outside"),
        (begun_at(seconds=math.nan), "not a finite number"),
        (begun_at(turns=(Turn(0, "x", 1.0),)), "no knob 'x'"),
        (begun_at(history=Table(("x",), np.zeros((2, 1)), 1)), "terms than"),
        (begun_at(pending=np.zeros((2, 2))), "none of ae"),
        (AskMeasures(1, ("x",), "prior", "at once", 1), "no measure 'x'"),
        (AskMeasures(1, (), "x" * 10**6, "at once", 1), "no sampler 'xx"),
    ],
)
def test_what_cannot_be_is_one_sentence(server: Server, message: Any, says: str) -> None:
    server.obey(DATA)
    server.obey(EMPLOY)
    with pytest.raises(ValueError, match=says) as refused:
        server.obey(message)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "make",
    [
        lambda: SamplesLook(10**12, 1),
        lambda: SamplesLook(-1, 1),
        lambda: TilesLook(axis_plane(0, 1, 2), np.zeros(2, np.float32), np.zeros((10**5, 2), np.float32), 1),
        lambda: InterpolationLook((0, 1), 10**6, True),
        lambda: Density(NAN_CENTRE, 0.1, np.ones(1), True),
        lambda: Density(np.zeros((1, 2)), math.nan, np.ones(1), True),
        lambda: Density(np.zeros((1, 2)), 0.1, np.full(1, math.nan), True),
        lambda: Table(("x",), np.zeros((3, 2)), 1),
    ],
)
def test_what_would_take_all_memory_or_is_no_number_is_not_made(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"pictures|density|column"):
        make()


def test_a_run_more_than_there_may_be_is_refused() -> None:
    with pytest.raises(ValueError, match="64 runs already"):
        check_employ(EMPLOY, 64)


def test_errors_of_an_engine_do_not_pile_up() -> None:
    engine = RemoteEngine(lambda message: None, codec())
    for number in range(200):
        engine.take(Trouble(str(number)))
    assert engine.errors == [str(number) for number in range(150, 200)]
    assert engine.close(1.0)


def test_what_cannot_be_told_ends_the_link() -> None:
    """Else its thread would end alone, and the window show the same for ever."""
    engine, reasons, has_ended = ThreadEngine(), [], threading.Event()

    def tell(message: Any) -> None:
        if not isinstance(message, Ready):
            raise WireError("an array is too large")

    def ended(reason: str) -> None:
        reasons.append(reason)
        has_ended.set()

    server = Server(engine, tell, codec(), ended)
    server.start()
    server.obey(DATA)
    server.obey(Employ(1, "AE", "ae", AE, Setup(), 1, 1))
    assert has_ended.wait(10)
    server.close()
    assert reasons == ["An array is too large."]
    assert engine.close(10.0)


def test_a_window_returns_what_came_and_went(monkeypatch: pytest.MonkeyPatch) -> None:
    returned: list[int] = []
    monkeypatch.setattr("core.foundation.memory.return_freed", lambda: returned.append(1))
    engine = RemoteEngine(lambda message: None, codec())
    for trim_s, times in ((1e9, 0), (0.0, 3)):
        monkeypatch.setattr("core.remote.engine.TRIM_S", trim_s)
        for _ in range(3):
            engine.take(Trouble("of a look"))
        assert len(returned) == times
    assert engine.close(1.0)


def test_a_window_knows_only_what_an_engine_says() -> None:
    engine = RemoteEngine(lambda message: None, codec())
    for message in (DATA, Ended(1), Ready("here", 1, (("Start", "when"),))):
        with pytest.raises(UserError, match=r"does not know|no run 1|differs in Start"):
            engine.take(message)
    assert engine.close(1.0)


def test_an_engine_whose_gpu_is_lost_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Training) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(Training, "advance", broken)
    engine, ended = ThreadEngine(), queue.SimpleQueue[str]()
    server = Server(engine, lambda message: None, codec(), ended.put)
    server.start()
    for message in (DATA, EMPLOY, Say(1, Start())):
        server.obey(message)
    assert "GPU cannot be used by this process any more: CUDA error: device-side" in ended.get(timeout=60.0)
    server.close()
    assert engine.close(10.0)


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [(b"", 0, ""), (b"GET / HTTP/1.1\r\n\r\n", 1, "other side"), (b"LATENTPG\0\1\0\0\0\7", 1, "in the middle")],
)
def test_an_engine_ends_with_what_it_hears(sent: bytes, status: int, says: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "core", "engine"], input=sent, capture_output=True, timeout=60)
    assert ended.returncode == status, ended.stderr
    assert says.encode() in ended.stderr
    assert b"Traceback" not in ended.stderr


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not its child")
def test_an_engine_ends_with_a_window_that_is_killed(tmp_path: Path) -> None:
    window = (
        "import os, signal; from core.remote.process import ProcessEngine; engine = ProcessEngine();"
        "print(engine.process.pid, flush=True); input(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": {**os.environ, "TMPDIR": str(tmp_path)}}
    with subprocess.Popen([sys.executable, "-c", window], **pipes) as process:  # type: ignore[call-overload]
        engine = os.pidfd_open(int(process.stdout.readline()))
        process.stdin.write(b"\n")
    assert process.returncode == -9
    assert select.select([engine], [], [], 30.0)[0]
    os.close(engine)
    assert os.listdir(tmp_path) == []


def test_starting_a_process_for_the_engine_waits_for_nothing_heavy() -> None:
    spawned = "from core.remote.spawn import Spawned; import sys; Spawned(['true']);"
    ended = subprocess.run(
        [sys.executable, "-c", f"{spawned} print({{'torch', 'numpy', 'msgpack'}} & sys.modules.keys())"],
        capture_output=True,
        check=True,
    )
    assert ended.stdout.strip() == b"set()"


def test_where_no_process_can_be_started_threads_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    coming = homes.Coming("process")
    engine = coming.engine()
    assert isinstance(engine, ThreadEngine)
    assert coming.trouble == "No process can be started for training (no more processes); it trains in this one."
    assert engine.close(5.0)
    with pytest.raises(OSError, match="no more processes"):
        ProcessEngine()


def test_a_home_that_does_not_exist_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    for command, says in (
        ("no-such-program x", "There is no program no-such-program"),
        ("", "is empty"),
        ("ssh 'host", "cannot be read: No closing quotation"),
    ):
        assert main(["--engine", command]) == 2
        assert says in capsys.readouterr().err


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("name", ["ae", "vae", "gan", "sparse_ae", "wgan_gp"])
def test_a_snapshot_decodes_the_same_after_the_way(name: str, network: str, tiny: Callable[..., Dataset]) -> None:
    from core.engine.experiment import Experiment

    experiment = Experiment(Setup(network=network, batch=16, device="cpu", threads=1), tiny(), [name])
    run = experiment.runs[0]
    run.step(2)
    assert run.board.wait(lambda view: view.status.state == "paused", 30)
    snapshot = run.snapshot
    assert snapshot is not None
    assert experiment.close()
    sent = weights_of(snapshot, network)
    rebuilder = Rebuilder(name)
    for made in (rebuilder.snapshot(sent), rebuilder.snapshot(sent)):  # the second is a copy of the first's model
        z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
        assert np.array_equal(made.decode(z), snapshot.decode(z))
        assert not any(parameter.requires_grad for parameter in made.model.parameters())
    _refuses(rebuilder, sent, snapshot)


def _refuses(rebuilder: Rebuilder, sent: Weights, snapshot: Snapshot) -> None:
    name = next(iter(sent.tensors))
    for lies in ({"height": 10**6}, {"height": 30}, {"latent": 10**9}, {"network": "x"}):
        with pytest.raises(ValueError, match=r"of no model|no network|fewer than"):
            Rebuilder(rebuilder._model).snapshot(dataclasses.replace(sent, **lies))
    for tensors in (
        {},
        {**sent.tensors, name: np.zeros(3, np.float32)},
        {**sent.tensors, name: sent.tensors[name] > 0},
    ):
        with pytest.raises(ValueError, match=r"other names|not torch"):
            rebuilder.snapshot(dataclasses.replace(sent, tensors=tensors))
    assert snapshot.step == sent.step


def test_a_device_is_checked_against_what_the_engine_has() -> None:
    engine = RemoteEngine(lambda message: None, codec())
    engine.ready = Ready("far", 1, (), "1.2.0", (("cpu", "CPU, 16 cores"), ("cuda", "H200")), 16)
    engine.check_device("auto")
    engine.check_device("cuda")  # whatever this machine has
    with pytest.raises(UserError, match="far has no MPS device"):
        engine.check_device("mps")
    assert engine.cores == 16
    assert engine.close(1.0)

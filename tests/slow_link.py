"""A slow link for tests: ``python slow_link.py DELAY_S BYTES_PER_S COMMAND...`` runs a command behind one.

Every byte, both ways, comes later by the delay, and no more of them pass in a second. Killed, it is a link that is cut.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time

PIECE = 1 << 14
NEVER = threading.Event()


def carry(source: int, sink: int, delay_s: float, bytes_per_s: float) -> None:
    """Carry bytes from one file to the other, until either ends."""
    on_the_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def take() -> None:
        free_at = 0.0
        while piece := os.read(source, PIECE):
            free_at = max(free_at, time.monotonic()) + len(piece) / bytes_per_s
            on_the_way.put((free_at + delay_s, piece))
        on_the_way.put((time.monotonic() + delay_s, b""))

    threading.Thread(target=take, daemon=True).start()
    while True:
        due, piece = on_the_way.get()
        NEVER.wait(max(0.0, due - time.monotonic()))
        if not piece:
            os.close(sink)
            return
        while piece:
            piece = piece[os.write(sink, piece) :]


def main(delay_s: float, bytes_per_s: float, command: list[str]) -> int:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        there = (0, os.dup(process.stdin.fileno()), delay_s, bytes_per_s)
        back = (process.stdout.fileno(), 1, delay_s, bytes_per_s)
        process.stdin.close()
        threading.Thread(target=carry, args=there, daemon=True).start()
        carry(*back)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))

"""Processes that talk to each other, with a hard time limit.

One whose partner has died waits for it, and does not heed SIGTERM.
"""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..samples import ROOT

LIMIT = 240
"""Seconds; on an idle machine two processes take about 10."""


def free_port() -> str:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@contextlib.contextmanager
def started(
    commands: list[list[str]], folder: Path = ROOT
) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that find fadc and the samples, with one device each, and are gone behind the block."""
    environment = {**os.environ, "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    processes = [
        subprocess.Popen(
            each,
            cwd=folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for each in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()

"""Maps a function over many items in several processes, if there is enough work to pay for them."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTHWHILE = 500_000
"""The number of source characters below which processes take longer to start than they save."""

_SHARES = 4  # Shares of the work per process: several, since some files take longer than others.


def mapped(
    function: Callable[[Item], Result], items: Sequence[Item], characters: int
) -> list[Result]:
    """The function's results in the order of the items, whose total length is ``characters``.

    The function must be a module's top-level function, and pure: if processes cannot be started or
    die, all items are processed in this one. The exception of the first item that fails is raised.
    """
    processes = min(_processors(), len(items))
    if characters < WORTHWHILE or processes < 2:
        return list(map(function, items))
    try:
        return _mapped_in_processes(function, items, processes)
    except (ImportError, OSError, RuntimeError):
        return list(map(function, items))


def _mapped_in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], processes: int
) -> list[Result]:
    # Imported here, since most runs check few files and every start would take longer.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A forked process has loaded the compiler already. On other systems forking is not safe.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(processes, context, _die_quietly)
    share = -(-len(items) // (_SHARES * processes))
    try:
        results = list(pool.map(function, items, chunksize=share))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return results


def _die_quietly() -> None:
    """Lets Ctrl-C end a process at once, without the traceback that Python would print."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _processors() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

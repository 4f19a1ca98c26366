"""What this machine can do: measured rates of work, and how much memory is free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import numpy as np

from .threads import processors, single_blas

MEMORY_SHARE = 0.6  # of the memory that is free now


@dataclass(frozen=True)
class Machine:
    """Units of work per second, measured here (see `machine`).

    Args:
        gemm: Floating-point operations in float32 matrix products.
        stream: Elements of a float32 matrix larger than the processor's cache, read in matrix × vector.
        scan: Array elements read, combined and written.
        keyed: Permanent random numbers.
        steps: Interpreted Python steps.
    """

    gemm: float
    stream: float
    scan: float
    keyed: float
    steps: float

    def seconds(self, work: Mapping[str, float]) -> float:
        """Time for amounts of work by unit."""
        rates: dict[str, float] = asdict(self)
        return float(sum(amount / rates[unit] for unit, amount in work.items()))


@lru_cache(maxsize=1)
def machine() -> Machine:
    """Measure the machine once per process, in about a tenth of a second.

    Products are timed on one thread and counted for each processor that may be used: on several threads they
    stall beside other busy processes, and the estimates of a whole session would be off by that.
    """
    from .permanent_random import uniforms

    a = np.ones((512, 384), np.float32)
    b = np.ones((384, 2048), np.float32)
    tall, thin = np.ones((32_768, 384), np.float32), np.ones(384, np.float32)
    flat = np.ones(400_000, np.float32)
    keys = np.zeros((5_000, 16), np.uint8)

    def best(work: float, run: object) -> float:
        seconds = []
        for _ in range(4):
            start = perf_counter()
            run()  # type: ignore[operator]
            seconds.append(perf_counter() - start)
        return work / max(min(seconds), 1e-7)

    def interpreted() -> int:
        total = 0
        for step in range(50_000):
            total += step & 3
        return total

    with single_blas():
        gemm, stream = best(2.0 * 512 * 384 * 2048, lambda: a @ b), best(32_768 * 384, lambda: tall @ thin)
    return Machine(
        gemm=processors() * gemm,
        stream=processors() * stream,
        scan=best(400_000, lambda: np.minimum(flat, flat * 0.5)),
        keyed=best(5_000, lambda: uniforms(keys, 0, "machine")),
        steps=best(50_000, interpreted),
    )


def free_memory() -> int:
    """Bytes that can be used now without swapping, of the machine or of the container it runs in."""
    import psutil

    free = int(psutil.virtual_memory().available)
    group = _container()
    return free if group is None else min(free, group[1])


def total_memory() -> int:
    """Bytes of memory of this machine, or of the container it runs in."""
    import psutil

    group = _container()
    total = int(psutil.virtual_memory().total)
    return total if group is None else min(total, group[0])


def _container(folder: Path = Path("/sys/fs/cgroup")) -> tuple[int, int] | None:
    """(most, free) bytes of the container that this process is in; None where it is in none with a limit."""
    try:
        most = int((folder / "memory.max").read_text())
        used = int((folder / "memory.current").read_text())
        facts = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return most, max(0, most - used + int(facts["inactive_file"]))  # pages of files make room when asked
    except (OSError, ValueError, KeyError):
        return None


def show_bytes(count: float) -> str:
    """A size for people.

    Example:
        >>> show_bytes(3.2e9)
        '3.0 GiB'
    """
    for unit, size in (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} bytes"

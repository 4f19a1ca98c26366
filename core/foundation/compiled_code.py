"""Where numba keeps what it compiled, so that a machine compiles once and not at every start."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from .artifact_store import default_root

ENVIRONMENT = "NUMBA_CACHE_DIR"


def keep_compiled() -> None:
    """Keep compiled code in the store where the folders of the program and its libraries only can be read.

    Elsewhere numba keeps it beside the source by itself. To be called before numba is imported, or before the
    first function is compiled; does nothing where ``NUMBA_CACHE_DIR`` is set. Children inherit it.
    """
    if os.environ.get(ENVIRONMENT):
        return
    found = find_spec("numba")
    libraries = Path(found.origin).parents[1] if found is not None and found.origin else Path(sys.prefix)
    if all(os.access(folder, os.W_OK) for folder in (Path(__file__).parents[1], libraries)):
        return
    place = str(default_root() / "numba")
    os.environ[ENVIRONMENT] = place
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = place

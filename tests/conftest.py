"""What all tests share: a store of their own, one thread, no network, and Chromium where it is needed."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

# Before numpy is imported: small arrays are faster on one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
# Never the user's own store; children of the tests inherit it.
_STORE = Path(tempfile.mkdtemp(prefix="aliquot-tests-"))
os.environ["ALIQUOT_STORE"] = str(_STORE)

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# One profile for a reader and for the check: the same examples, and nothing that depends on time.
settings.register_profile(
    "aliquot", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("aliquot")

CI = os.environ.get("CI", "").lower() == "true"
_connect = socket.socket.connect


def _local_only(self: socket.socket, address: Any) -> None:
    """Connect within this machine; anything else is a defect."""
    if self.family == getattr(socket, "AF_UNIX", None):
        return _connect(self, address)
    host = str(address[0])
    if host.startswith("127.") or host in ("localhost", "::1", "0.0.0.0", ""):
        return _connect(self, address)
    raise AssertionError(f"a test tried to reach {host}: tests use no network")


def pytest_configure(config: pytest.Config) -> None:
    socket.socket.connect = _local_only  # type: ignore[method-assign]


def pytest_unconfigure(config: pytest.Config) -> None:
    socket.socket.connect = _connect  # type: ignore[method-assign]
    shutil.rmtree(_STORE, ignore_errors=True)


def find_chromium() -> str | None:
    """Chromium's path, or None."""
    named = os.environ.get("ALIQUOT_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Browser tests need Chromium: without it a person's run skips them, CI fails."""
    if item.get_closest_marker("browser") is None or find_chromium() is not None:
        return
    if CI:
        pytest.fail("Chromium is not installed; CI must run the browser tests", pytrace=False)
    pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path."""
    found = find_chromium()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def session_store() -> Path:
    """The folder that `Store.default()` uses in this session."""
    return _STORE


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Strategies for one test, registered beside the real ones and gone after it; see `tests.made_up`."""
    from core.strategies.declaration import STRATEGIES
    from tests import made_up as module

    monkeypatch.setattr(STRATEGIES, "_items", dict(STRATEGIES._items))
    module.register(STRATEGIES)
    return module


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that always starts the same."""
    return np.random.Generator(np.random.PCG64(0))

"""Data sets made by hand, in canonical order, without the readers."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from core.model.dataset import Dataset, Fingerprint, Kind, Role


def toy(
    frame: pd.DataFrame,
    kinds: dict[str, Kind],
    ids: list[Any] | None = None,
    vectors: dict[str, np.ndarray] | None = None,
) -> Dataset:
    """A data set whose keys come from `ids` (row numbers by default), put into canonical order."""
    ids = list(range(len(frame))) if ids is None else ids
    raw = [blake2b(str(name).encode(), digest_size=16).digest() for name in ids]
    order = np.array(sorted(range(len(raw)), key=raw.__getitem__), dtype=np.int64)
    keys = np.frombuffer(b"".join(raw[at] for at in order), np.uint8).reshape(-1, 16)
    frame = frame.iloc[order].reset_index(drop=True)
    state = blake2b(keys.tobytes() + frame.sort_index(axis=1).to_csv(index=False).encode(), digest_size=16)
    return Dataset(
        name="toy",
        frame=frame,
        roles={name: Role(kinds.get(name, Kind.IGNORE), "by hand") for name in frame.columns},
        keys=keys,
        order=order,
        fingerprint=Fingerprint(state.hexdigest(), keys, {}, None),
        vectors={name: np.asarray(x)[order] for name, x in (vectors or {}).items()},
    )

"""Thresholdout: when a question is answered from guarded rows instead of practice rows.

C. Dwork, V. Feldman, M. Hardt, T. Pitassi, O. Reingold, A. Roth, *The reusable holdout: preserving validity
in adaptive data analysis*, Science 349, 2015. `core.analysis.held_out.reusable_holdout` keeps the record that
it needs.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def thresholdout(
    practice: float,
    guarded: float,
    *,
    threshold: float,
    noise: float,
    moved: float,
    doubt: float,
    blur: float,
) -> tuple[float, bool]:
    """One step of Thresholdout.

    Args:
        practice, guarded: E_S and E_H.
        threshold, noise: T and σ.
        moved, doubt, blur: Standard Laplace numbers: of the threshold (kept until a disagreement), of this
            comparison, of this answer.

    Returns:
        The answer, kept within 0 to 1, and whether the guarded rows gave it: where
        |E_S − E_H| > T + 2σ·moved + 4σ·doubt it is E_H + σ·blur, elsewhere E_S.

    Example:
        >>> thresholdout(0.9, 0.7, threshold=0.04, noise=0.01, moved=0.0, doubt=0.0, blur=1.0)
        (0.71, True)
    """
    if abs(practice - guarded) > threshold + 2 * noise * moved + 4 * noise * doubt:
        return min(1.0, max(0.0, guarded + noise * blur)), True
    return practice, False


def laplace(secret: str, purpose: str, number: int) -> float:
    """A standard Laplace number from the record's secret; each purpose and number has its own.

    Example:
        >>> laplace("00ff", "answer", 1) == laplace("00ff", "answer", 1) != laplace("00ff", "answer", 2)
        True
    """
    state = blake2b(bytes.fromhex(secret) + f"/{purpose}/{number}".encode(), digest_size=16).digest()
    generator = np.random.Generator(np.random.Philox(key=np.frombuffer(state, dtype="<u8")))
    return float(generator.laplace())

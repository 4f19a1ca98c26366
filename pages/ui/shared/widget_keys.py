"""Names of widget keys, so that no two pages share one by accident.

A key begins with its page: `data_`, `exp_`, `cmp_`, `sign_`, `learn_`, `meth_`, `frame_`.
"""

from __future__ import annotations


def key(page: str, *parts: object) -> str:
    """The key of a widget.

    Example:
        >>> key("cmp", "k-center", "metric", 2)
        'cmp_k-center_metric_2'
    """
    return "_".join([page, *map(str, parts)])

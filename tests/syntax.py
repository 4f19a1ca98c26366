"""Syntax trees of source, for the tests that hold rules about it."""

from __future__ import annotations

import ast
import gc


def parsed(source: str) -> ast.Module:
    """The syntax tree, with no other thread having its turn before it is whole.

    CPython 3.11 counts the depth of a tree for all threads together (issue 106905): where a collection of
    garbage lets another thread parse in the meantime, both fail. Nothing else gives up the turn.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if on:
            gc.enable()

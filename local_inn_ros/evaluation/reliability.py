# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether covariances keep their promise, as a picture: the reliability plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import chi2

from local_inn_ros.evaluation.map_axes import describe, save_figure

# (x, y, yaw)
_DEGREES_OF_FREEDOM = 3
_PROMISES = np.linspace(0.0, 1.0, 201)[1:-1]
_COLOURS = ("#0b62c4", "#e8871e", "#2f8f4e", "#a33b8f", "#8a5a2b", "#444444", "#c0392b", "#17808a")


def kept_shares(squared: NDArray[np.float64], promised: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each promise the share of truths that lie within.

    Args:
        squared: (n,) squared Mahalanobis distances of truths from poses.
        promised: (m,) shares that ellipsoids should hold.

    Returns:
        (m,) shares of the truths that they do hold.
    """
    limits = chi2.ppf(promised, _DEGREES_OF_FREEDOM)
    return np.array([float(np.mean(squared <= limit)) for limit in limits])


def draw_reliability(
    squared: Mapping[str, NDArray[np.float64]], path: Path, title: str = ""
) -> None:
    """Draw what share of the truths lies where which share should, as a PNG.

    Above the diagonal covariances are wider than they need be, below it they promise too much.

    Args:
        squared: (n,) squared Mahalanobis distances of truths from poses, by name.
        path: the PNG; its folder must exist. It appears whole or not at all.
        title: a line above it.
    """
    figure = Figure(figsize=(6.4, 6.0), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.plot([0.0, 1.0], [0.0, 1.0], color="#999999", linewidth=1.0, linestyle="--")
    for k, (name, distances) in enumerate(squared.items()):
        anees = float(np.mean(distances))
        axes.plot(
            _PROMISES,
            kept_shares(distances, _PROMISES),
            color=_COLOURS[k % len(_COLOURS)],
            linewidth=1.8,
            label=f"{name}: ANEES {anees:.2f}",
        )
    for sigma in (1.0, 2.0, 3.0):
        share = float(chi2.cdf(sigma**2, _DEGREES_OF_FREEDOM))
        axes.axvline(share, color="#cccccc", linewidth=0.8, zorder=0)
        axes.text(share, 0.01, f"{sigma:.0f} sigma ", fontsize=8, color="#777777", ha="right")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_aspect("equal")
    describe(axes, "share of truths promised within", "share found within")
    axes.legend(loc="upper left", fontsize=8)
    if title:
        axes.set_title(title)
    save_figure(figure, path)

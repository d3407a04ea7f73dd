# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well a quality tells right poses from wrong ones, and whether it is a probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from local_inn_ros.benchmarking.quality_trials import Judged, Trial

_FloatArray = NDArray[np.float64]
# Of the wrong poses, these groups have equal shares in the odds that a quality is told beforehand.
_WRONG_GROUPS = (
    (Judged.NEAR,),
    (Judged.ANYWHERE,),
    (Judged.ALIGNED_NEAR, Judged.ALIGNED_ANYWHERE),
)
_BIN_EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPoses:
    """Qualities of right and wrong poses; (n,) each.

    Attributes:
        quality: probability in [0, 1] that a pose is right.
        right: whether it is the true pose or what was found from about there, and is right.
        wrong: whether it is any other, and is wrong. Poses that are neither do not count: found
            from a wrong prior, yet right, or the other way round.
        judged: kind of pose, as an index into ``list(Judged)``.
        alike: whether the map looks the same there, see ``Trial.alike``.
    """

    quality: _FloatArray
    right: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    judged: NDArray[np.intp]
    alike: NDArray[np.bool_]

    @staticmethod
    def of(trials: Sequence[Trial], quality: _FloatArray) -> JudgedPoses:
        """Set qualities (n,) beside the trials that they were given for."""
        kinds = list(Judged)
        wrong = np.array([trial.wrong for trial in trials], dtype=bool)
        begun_right = np.array([trial.begun_right for trial in trials], dtype=bool)
        return JudgedPoses(
            quality=np.asarray(quality, dtype=np.float64),
            right=begun_right & ~wrong,
            wrong=~begun_right & wrong,
            judged=np.array([kinds.index(trial.judged) for trial in trials], dtype=np.intp),
            alike=np.array([trial.alike for trial in trials], dtype=bool),
        )

    def of_kind(self, *kinds: Judged) -> NDArray[np.bool_]:
        """Tell (n,) which poses are of these kinds."""
        return np.isin(self.judged, [list(Judged).index(kind) for kind in kinds])

    def auroc(self, among: NDArray[np.bool_] | None = None) -> float:
        """Return the area under the ROC curve of all right poses against wrong ones.

        Args:
            among: (n,) the wrong poses to count; all where left out.

        Returns:
            NaN where there are none.
        """
        wrong = self.wrong if among is None else self.wrong & among
        return auroc(self.quality[self.right], self.quality[wrong])

    def weights(self) -> _FloatArray:
        """Return weights (n,), of sum 1, that make half of the poses right, half of them wrong.

        The wrong ones fall into three equal groups: near, anywhere, and aligned from there.
        """
        weights = np.zeros(len(self.quality))
        weights[self.right] = 0.5 / max(int(self.right.sum()), 1)
        for kinds in _WRONG_GROUPS:
            group = self.wrong & self.of_kind(*kinds)
            weights[group] = 0.5 / len(_WRONG_GROUPS) / max(int(group.sum()), 1)
        return weights


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Poses of about the same quality.

    Attributes:
        low: least quality.
        high: largest quality.
        count: how many poses.
        weight: their weight; that of each set of poses is 1 in all.
        quality: their mean quality, by weight.
        right: the share of them, by weight, that is right.
    """

    low: float
    high: float
    count: int
    weight: float
    quality: float
    right: float


def auroc(right: _FloatArray, wrong: _FloatArray) -> float:
    """Return the chance that a right one is rated above a wrong one; a tie counts half.

    Mann and Whitney's statistic (Fawcett, An introduction to ROC analysis, Pattern Recognition
    Letters 2006, section 7). NaN where either is empty.
    """
    if len(right) == 0 or len(wrong) == 0:
        return float("nan")
    ranks = rankdata(np.concatenate([right, wrong]))[: len(right)]
    above = float(ranks.sum()) - 0.5 * len(right) * (len(right) + 1)
    return above / (len(right) * len(wrong))


def reliability(poses: Sequence[JudgedPoses]) -> list[ReliabilityBin]:
    """Compare qualities with the shares of right poses, every set counting alike.

    Bins without poses are left out.
    """
    quality = np.concatenate([one.quality for one in poses])
    weights = np.concatenate([one.weights() for one in poses])
    right = np.concatenate([one.right for one in poses])
    bins = []
    for index in range(len(_BIN_EDGES) - 1):
        low, high = _BIN_EDGES[index : index + 2]
        within = (quality >= low) & ((quality < high) | (high == 1.0)) & (weights > 0.0)
        total = float(weights[within].sum())
        if total > 0.0:
            bins.append(
                ReliabilityBin(
                    low,
                    high,
                    int(within.sum()),
                    total,
                    float(weights[within] @ quality[within]) / total,
                    float(weights[within] @ right[within]) / total,
                )
            )
    return bins


def calibration_error(poses: Sequence[JudgedPoses]) -> float:
    """Return how far quality and share lie apart on average over the bins (0 is perfect).

    The expected calibration error (Guo et al., On calibration of modern neural networks, ICML
    2017), in the bins of ``reliability``.
    """
    bins = reliability(poses)
    total = sum(one.weight for one in bins)
    return sum(one.weight * abs(one.quality - one.right) for one in bins) / total

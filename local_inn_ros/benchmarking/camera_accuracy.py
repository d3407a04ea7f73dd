# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well cameras are located: splits of posed pictures, and the figures of a row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures

# Squared Mahalanobis length within which half of all lie, of six degrees of freedom.
_HALF_WITHIN = 5.348
_CLOSE_M, _CLOSE_DEG = 0.05, 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Pictures to learn from and pictures to test with.

    Attributes:
        name: as the design page has it.
        learned: may be learned from.
        test: are for nothing else.
    """

    name: str
    learned: PosedPictures
    test: PosedPictures


def blocks_held_out(posed: PosedPictures, length: int, every: int = 5) -> Split:
    """Hold every so many-th block of successive pictures out: an easy split.

    Args:
        posed: all pictures.
        length: pictures in a block.
        every: blocks, of which the last is held out.
    """
    return Split(f"blocks_of_{length}", *posed.held_out(length, every))


def last_held_out(posed: PosedPictures, count: int) -> Split:
    """Hold the last pictures out: a hard split."""
    first = max(0, len(posed) - count)
    learned, test = posed.at(range(first)), posed.at(range(first, len(posed)))
    return Split(f"last_{count}", learned, test)


@dataclass(frozen=True, slots=True)
class Located:
    """What was said of one picture.

    Attributes:
        pose: of the camera; None where nothing was found.
        seconds: that it took, from pixels to the pose.
        gaussian: the pose with its covariance, of what tells one.
    """

    pose: Pose3 | None
    seconds: float
    gaussian: GaussianPose3 | None = None


@dataclass(frozen=True, slots=True)
class CameraAnswer:
    """What was said of one picture, and what is true.

    Attributes:
        said: of the picture.
        truth: pose of the camera.
    """

    said: Located
    truth: Pose3


@dataclass(frozen=True, slots=True)
class CameraRow:
    """The figures of one estimator on one split (see the design page, ``bench-camera``).

    Attributes:
        dataset: name of the data.
        split: of it.
        system: the method; empty of a rival.
        estimator: ``network``, ``forward`` (refined by its forward pass), ``refined`` (by
            landmarks), ``fused`` (with odometry, of the base in the plane),
            ``retrieval``, ``landmarks_pnp``.
        median_m: of the positions' errors.
        median_deg: of the rotations' errors.
        mean_m: of the positions' errors.
        p90_m: nine of ten are below.
        share_5cm_5deg: of the pictures, within 5 cm and 5 degrees.
        found_share: of the pictures, of which anything was said; errors are of these, and those
            of which nothing was said count as infinitely far off in ``median_m`` and ``p90_m``.
        anees: mean squared Mahalanobis length over the degrees of freedom; 1 is right.
        coverage: share of the truths within the half of the covariances; 0.5 is right.
        ms_p50: median time for a picture, from pixels to the pose.
        bundle_mb: what is to be stored.
        train_minutes: of processor and wall alike, with one thread.
        mean_deg: of the rotations' errors, of a drive.
        lost: how often a drive was more than 0.5 m or 15 degrees off.
    """

    dataset: str
    split: str
    system: str
    estimator: str
    median_m: float
    median_deg: float
    mean_m: float
    p90_m: float
    share_5cm_5deg: float
    found_share: float
    anees: float | None
    coverage: float | None
    ms_p50: float
    bundle_mb: float
    train_minutes: float
    mean_deg: float | None = None
    lost: int | None = None


def row_of(
    answers: Sequence[CameraAnswer],
    dataset: str,
    split: str,
    system: str,
    estimator: str,
    bundle_mb: float,
    train_minutes: float,
) -> CameraRow:
    """Score answers to the pictures of a split."""
    off = np.array([_off(one) for one in answers])
    found = np.isfinite(off[:, 0])
    close = (off[:, 0] < _CLOSE_M) & (off[:, 1] < _CLOSE_DEG)
    lengths = _lengths(answers)
    return CameraRow(
        dataset,
        split,
        system,
        estimator,
        float(np.median(off[:, 0])),
        float(np.median(off[:, 1])),
        float(off[found, 0].mean()) if found.any() else math.inf,
        float(np.quantile(off[:, 0], 0.9, method="inverted_cdf")),
        float(close.mean()),
        float(found.mean()),
        float(np.mean(lengths) / 6.0) if lengths else None,
        float(np.mean(np.array(lengths) < _HALF_WITHIN)) if lengths else None,
        1e3 * float(np.median([one.said.seconds for one in answers])),
        bundle_mb,
        train_minutes,
        float(off[found, 1].mean()) if found.any() else math.inf,
    )


def markdown(rows: Iterable[CameraRow]) -> str:
    """Return rows as a Markdown table."""
    lines = [
        "| data, split | estimator | median | mean | 90 % | within 5 cm, 5 deg | ANEES "
        "| coverage of 0.5 | ms | MB | trained |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for one in rows:
        told = ["" if value is None else f"{value:.2f}" for value in (one.anees, one.coverage)]
        centimetres = [f"{100 * value:.1f} cm" for value in (one.median_m, one.mean_m, one.p90_m)]
        lines.append(
            f"| {one.dataset}, {one.split} | {' '.join((one.system, one.estimator)).strip()} "
            f"| {centimetres[0]}, {one.median_deg:.2f} deg | {centimetres[1]}{_turned(one)} "
            f"| {centimetres[2]} "
            f"| {100 * one.share_5cm_5deg:.0f} % | {told[0]} | {told[1]} "
            f"| {one.ms_p50:.1f} | {one.bundle_mb:.1f} | {one.train_minutes:.1f} min |"
        )
    return "\n".join(lines)


def _turned(one: CameraRow) -> str:
    lost = "" if one.lost is None else f"; lost {one.lost or 'never'}"
    return lost if one.mean_deg is None else f", {one.mean_deg:.2f} deg{lost}"


def _off(one: CameraAnswer) -> tuple[float, float]:
    pose = one.said.pose
    if pose is None:
        return math.inf, math.inf
    return pose.distance_to(one.truth), math.degrees(pose.angle_to(one.truth))


def _lengths(answers: Sequence[CameraAnswer]) -> list[float]:
    return [
        one.said.gaussian.squared_mahalanobis(one.truth)
        for one in answers
        if one.said.gaussian is not None
    ]

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Estimates how wrong an odometry is, from a drive whose poses are known.

Maximum likelihood of the errors over windows of several lengths: short ones tell the random walks,
long ones the scales and how long a spell of them lasts. The windows overlap and share errors, so
this is a composite likelihood (Varin, Reid and Firth, 2011), whose estimate is consistent and whose
uncertainty comes from how much the slopes differ between parts of the drive.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from local_inn_ros.errors import BagError
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.filtering.odometry_windows import (
    LENGTHS_S,
    LINEAR_FIGURES,
    REFERENCE_FIGURES,
    SCALES,
    SPELLS_S,
    Floats,
    OdometryWindows,
    PosedOdometry,
    odometry_windows,
)

LEAST_SHARE = 0.02
"""No figure is told as less than this share of its default.

A reference that was filled up with the odometry would have it that there is no noise at all.
"""
_FIGURES = (*LINEAR_FIGURES, *SCALES, "scale_time")
_LEAST_WINDOWS = 50
# What the drive leaves open stays near where it begins, and what it tells is hardly moved: a
# log-normal prior that calls a factor of ten one deviation.
_PRIOR_DEVIATION = math.log(10.0)
_REFERENCE_AT_FIRST = {"reference_position": 0.01, "reference_yaw": 0.005}
_LESS, _MORE = -math.log(LEAST_SHARE), math.log(300.0)
# Errors that no noise explains, a reference gone astray: their share and how much wider than the
# rest they are taken to be (a contaminated normal, Tukey 1960).
_ASTRAY_SHARE = 0.01
_ASTRAY_DEVIATIONS = 10.0
# A figure that is known to no better than this factor is looked at: does the default do as well?
_UNSURE = math.log(2.0)
# Twice the loss of the likelihood's logarithm: the 95 % point of chi-square with one degree.
_AS_WELL = 3.84
_PARTS = 20


@dataclass(frozen=True, slots=True)
class OdometryFit:
    """How wrong an odometry is, and how well that is known.

    Attributes:
        noise: the estimate, with defaults where the drive tells nothing.
        factors: by which factor each figure may be off, one standard deviation; of those that
            were estimated, and of the reference's own noise.
        kept: names of the figures that the drive does not tell; they are the defaults.
        reference: noise of the reference's poses, each by itself, by name.
        windows: how many windows there were.
        seconds: how long the drive was, as far as windows cover it.
        metres: its way.
        radians: all of its turns.
        squared_errors: by the length of windows in s, their mean squared error in units of what
            the noise says of it (3 for the truth), by the defaults and by the estimate.
    """

    noise: OdometryNoise
    factors: Mapping[str, float]
    kept: tuple[str, ...]
    reference: Mapping[str, float]
    windows: int
    seconds: float
    metres: float
    radians: float
    squared_errors: Mapping[float, tuple[float, float]]


def fit_odometry_noise(drive: PosedOdometry) -> OdometryFit:
    """Estimate the noise of an odometry.

    Raises:
        BagError: the drive is too short to tell anything.
    """
    windows = odometry_windows(drive)
    if len(windows) < _LEAST_WINDOWS:
        raise BagError(
            f"the noise of the odometry cannot be told from {len(windows)} stretches of "
            f"{LENGTHS_S[0]} s to {LENGTHS_S[-1]:.0f} s with known poses: give a longer recording, "
            "or one whose reference covers more of it"
        )
    likelihood = _Likelihood(windows)
    found = likelihood.most_likely(likelihood.first, {})
    kept: dict[int, float] = {}
    for index in likelihood.unsure(found):
        without = kept | {index: likelihood.first[index]}
        other = likelihood.most_likely(found, without)
        if 2.0 * (likelihood.value(other) - likelihood.value(found)) < _AS_WELL:
            found, kept = other, without
    return _fit(windows, likelihood, found, kept)


def _fit(
    windows: OdometryWindows, likelihood: _Likelihood, found: Floats, kept: Mapping[int, float]
) -> OdometryFit:
    values = dict(zip(_FIGURES, np.exp(found).tolist(), strict=True))
    deviations = likelihood.deviations(found, kept)
    factors = {
        name: math.exp(deviation)
        for k, (name, deviation) in enumerate(zip(_FIGURES, deviations.tolist(), strict=True))
        if k not in kept
    }
    return OdometryFit(
        OdometryNoise.of_figures(values),
        factors,
        tuple(_FIGURES[k] for k in sorted(kept)),
        {name: values[name] for name in REFERENCE_FIGURES},
        len(windows),
        windows.seconds,
        windows.metres,
        windows.radians,
        _by_length(windows, likelihood, found),
    )


def _by_length(
    windows: OdometryWindows, likelihood: _Likelihood, found: Floats
) -> dict[float, tuple[float, float]]:
    """Return the mean squared errors by the length of windows, by default and by the estimate."""
    default, estimate = map(likelihood.squared, (likelihood.by_default(found), found))
    return {
        LENGTHS_S[k]: (float(default[rows].mean()), float(estimate[rows].mean()))
        for k in np.unique(windows.lengths)
        for rows in [windows.lengths == k]
    }


class _Likelihood:
    """What windows say of the noise, by the logarithms of the figures, in the order of _FIGURES."""

    def __init__(self, windows: OdometryWindows) -> None:
        self._windows = windows
        defaults = OdometryNoise().figures() | _REFERENCE_AT_FIRST
        self.first = np.log([defaults[name] for name in _FIGURES])
        self._spells = np.log(SPELLS_S)
        # Windows of one part of the drive are in one part, whatever their length.
        span_s = float(np.ptp(windows.starts_s)) or 1.0
        share = (windows.starts_s - windows.starts_s.min()) / span_s
        self._parts = np.minimum((_PARTS * share).astype(np.intp), _PARTS - 1)

    def most_likely(self, start: Floats, kept: Mapping[int, float]) -> Floats:
        """Return the numbers that are most likely where some of them are given."""
        numbers: Floats = start.copy()
        numbers[list(kept)] = list(kept.values())
        free = _free(kept)

        def surprise(values: Floats) -> tuple[float, Floats]:
            numbers[free] = values
            value, slopes = self._surprise(numbers)
            return value, slopes.sum(axis=0)[free] + self._prior_slope(numbers)[free]

        bounds = list(zip(*self._bounds(), strict=True))
        found = minimize(
            surprise,
            numbers[free],
            jac=True,
            method="L-BFGS-B",
            bounds=[bounds[k] for k in free],
            options={"maxiter": 500},
        )
        numbers[free] = found.x
        return numbers

    def value(self, numbers: Floats) -> float:
        """Return the negative logarithm of the likelihood, less constants."""
        return self._surprise(numbers)[0]

    def by_default(self, numbers: Floats) -> Floats:
        """Return the defaults, beside the same noise of the reference."""
        of_reference = np.isin(_FIGURES, REFERENCE_FIGURES)
        default: Floats = np.where(of_reference, numbers, self.first)
        return default

    def squared(self, numbers: Floats) -> Floats:
        """Return the squared errors (n,) of the windows in units of what is said of them."""
        covariances, _ = self._covariances(numbers)
        solved = np.linalg.solve(covariances, self._windows.errors[..., None])[..., 0]
        total: Floats = np.sum(self._windows.errors * solved, axis=1)
        return total

    def unsure(self, numbers: Floats) -> list[int]:
        """Return the figures that are hardly known, the least known first."""
        deviations = self.deviations(numbers, {})
        of_odometry = [k for k, name in enumerate(_FIGURES) if name not in REFERENCE_FIGURES]
        hardly = [k for k in of_odometry if deviations[k] > _UNSURE]
        return sorted(hardly, key=lambda k: -deviations[k])

    def deviations(self, numbers: Floats, kept: Mapping[int, float]) -> Floats:
        """Return the standard deviations of the numbers: 0 for those that are given.

        The inverse of Godambe's information, in which the slopes of the parts of the drive tell
        how much they differ.
        """
        free = _free(kept)
        step = 0.1
        curvature = np.zeros((len(free), len(free)))
        for row, k in enumerate(free):
            ahead, behind = numbers.copy(), numbers.copy()
            ahead[k] += step
            behind[k] -= step
            rise = self._surprise(ahead)[1].sum(axis=0) - self._surprise(behind)[1].sum(axis=0)
            curvature[row] = rise[free] / (2.0 * step)
        # Where the likelihood is flat, or bends the other way, the prior is all there is.
        values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
        inverse = (vectors / (np.maximum(values, 0.0) + _PRIOR_DEVIATION**-2)) @ vectors.T
        slopes = np.zeros((_PARTS, len(numbers)))
        np.add.at(slopes, self._parts, self._surprise(numbers)[1])
        spread = _PARTS / (_PARTS - 1.0) * slopes[:, free].T @ slopes[:, free]
        spread += np.eye(len(free)) * _PRIOR_DEVIATION**-2
        found = np.zeros(len(numbers))
        # Before the drive was seen each was known to the prior's deviation.
        told = np.sqrt(np.diag(inverse @ spread @ inverse))
        found[free] = np.minimum(told, _PRIOR_DEVIATION)
        return found

    def _bounds(self) -> tuple[Floats, Floats]:
        low, high = self.first - _LESS, self.first + _MORE
        low[np.isin(_FIGURES, REFERENCE_FIGURES)] -= _MORE
        low[-1], high[-1] = self._spells[0], self._spells[-1]
        return low, high

    def _prior_slope(self, numbers: Floats) -> Floats:
        return (numbers - self.first) / _PRIOR_DEVIATION**2

    def _covariances(self, numbers: Floats) -> tuple[Floats, Floats]:
        """Return the covariances (n, 3, 3) of the errors, and their slopes (n, figures, 3, 3)."""
        windows = self._windows
        variances = np.exp(2.0 * numbers[:-1])
        spell = float(np.clip(numbers[-1], self._spells[0], self._spells[-1] - 1e-9))
        after = int(np.searchsorted(self._spells, spell, side="right"))
        apart = self._spells[after] - self._spells[after - 1]
        share = (spell - self._spells[after - 1]) / apart
        before, behind = (windows.scale_shapes[:, k] for k in (after - 1, after))
        by_scale = (1.0 - share) * before + share * behind
        parts = np.concatenate([windows.shapes, by_scale], axis=1) * variances[:, None, None]
        longer = np.tensordot((behind - before) / apart, variances[-len(SCALES) :], axes=([1], [0]))
        return parts.sum(axis=1), np.concatenate([2.0 * parts, longer[:, None]], axis=1)

    def _surprise(self, numbers: Floats) -> tuple[float, Floats]:
        """Return the negative logarithm of the posterior, and each window's slopes (n, figures)."""
        covariances, slopes = self._covariances(numbers)
        inverse = np.linalg.inv(covariances)
        solved = np.einsum("wij,wj->wi", inverse, self._windows.errors)
        squared = np.einsum("wi,wi->w", solved, self._windows.errors)
        volume = np.linalg.slogdet(covariances)[1]
        right = math.log(1.0 - _ASTRAY_SHARE) - 0.5 * (squared + volume)
        astray = math.log(_ASTRAY_SHARE / _ASTRAY_DEVIATIONS**3) - 0.5 * (
            squared / _ASTRAY_DEVIATIONS**2 + volume
        )
        both = np.logaddexp(right, astray)
        # How much an error counts: little where it is astray.
        counts = np.exp(right - both) + np.exp(astray - both) / _ASTRAY_DEVIATIONS**2
        bend = inverse - (counts[:, None] * solved)[:, :, None] * solved[:, None, :]
        weights = self._windows.weights
        by_window = 0.5 * weights[:, None] * np.einsum("wij,wpij->wp", bend, slopes)
        prior = 0.5 * float(np.sum(np.square((numbers - self.first) / _PRIOR_DEVIATION)))
        return prior - float(weights @ both), by_window


def _free(kept: Mapping[int, float]) -> NDArray[np.intp]:
    return np.array([k for k in range(len(_FIGURES)) if k not in kept], dtype=np.intp)

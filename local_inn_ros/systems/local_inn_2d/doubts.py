# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a bundle's network carries: measured after calibration, and said in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.localization.alignment.refiner import RefinerSettings
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.systems.local_inn_2d.calibrate import TRACKED, HeldOut, located_errors
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.networks import open_networks
from local_inn_ros.systems.local_inn_2d.simulated_scans import simulated_scans

_SCANS = 300
# Wherever an alignment does not begin nearer than this it does not reach the right pose.
_CATCHMENT_M = RefinerSettings().first_scale_m
# So many answers beyond it are more than a filter and its gate can bear. Networks that were
# trained to the end have 1 to 2 %, of 200 steps 17 %.
_MOST_ASTRAY = 0.05
# Covariances whose errors are three times as far off as they say, squared.
_MOST_ANEES = 9.0


def network_figures(bundle: Bundle, rng: np.random.Generator) -> dict[str, float]:
    """Measure a calibrated bundle's network on simulated scans, without refiner and filter.

    Returns:
        ``network_anees``: mean squared distance from priors as while tracked, in units of what the
        covariances say; 3 is right. ``network_p95_m``: of the error of position there.
        ``network_astray_share``: from priors as wide as the network was trained for, the share of
        answers from which no alignment reaches the right pose.

    Raises:
        MapError: the map has no room for a robot.
        SensorError: too few scans can be used.
    """
    held_out = [HeldOut(bundle, simulated_scans(bundle, _SCANS, rng))]
    networks, calibration = open_networks(bundle), bundle.description.calibration
    unbiased = calibration.model_copy(update={"range_bias_m": 0.0})
    wide = np.array(config_of(bundle).prior.deviation)
    near, far = (
        located_errors(held_out, unbiased, networks, RefinerChoice.NONE, rng, deviations)
        for deviations in (TRACKED, wide)
    )
    near_m = np.hypot(near.errors[:, 0], near.errors[:, 1])
    far_m = np.hypot(far.errors[:, 0], far.errors[:, 1])
    return {
        "network_anees": float(near.squared_distances(CovarianceModel()).mean()),
        "network_p95_m": float(np.percentile(near_m, 95.0)),
        "network_astray_share": float(np.mean(far_m > _CATCHMENT_M)),
    }


def doubts_of(measured: Mapping[str, float]) -> tuple[str, ...]:
    """Say what of ``network_figures`` tells that a bundle would not hold; nothing of others."""
    found = []
    astray, anees = measured.get("network_astray_share", 0.0), measured.get("network_anees", 3.0)
    if astray > _MOST_ASTRAY:
        found.append(
            f"the network is more than {_CATCHMENT_M:g} m off in {100.0 * astray:.1f} % of the "
            f"scans ({100.0 * _MOST_ASTRAY:.0f} % at most carry): a robot would get lost with it; "
            "train longer (--preset standard, or best)"
        )
    if anees > _MOST_ANEES:
        found.append(
            f"the network is surer of itself than it is right (ANEES {anees:.1f} where 3 is "
            "right): its fixes can draw the filter away; train longer (--preset standard, or best)"
        )
    return tuple(found)

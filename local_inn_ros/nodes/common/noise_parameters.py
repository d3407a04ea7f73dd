# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that say how wrong the odometry is, for all nodes that ask: here's, and AMCL's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_inn_ros.filtering.amcl_alphas import UPDATE_M, UPDATE_RAD, figures_of_alphas
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.nodes.common.parameters import (
    ParameterInfo,
    Parameters,
    parameter,
)

GROUP = "odometry_noise"
_DEFAULTS = OdometryNoise().figures()
_NOT_TOLD = -1.0
_DIFFERENTIAL = "nav2_amcl::DifferentialMotionModel"
_OMNI = "nav2_amcl::OmniMotionModel"


def _figure(
    name: str, meaning: str, unit: str, *, low: float = 0.0, high: float = 100.0, amcl: str = ""
) -> Any:
    """Return a field for a figure of the odometry's noise."""
    info = ParameterInfo(meaning, group=GROUP, low=low, high=high, unit=unit, live=True, amcl=amcl)
    return parameter(_DEFAULTS[name], info)


def _alpha(name: str, says: str) -> Any:
    """Return a field for one of AMCL's alphas."""
    info = ParameterInfo(
        f"AMCL's: {says}, where that figure has its default; below 0 for none.",
        low=_NOT_TOLD,
        high=100.0,
        live=True,
        amcl=name,
    )
    return parameter(_NOT_TOLD, info)


@dataclass(frozen=True)
class NoiseParameters:
    """How wrong the odometry is; errors of one amount grow with its root."""

    along_per_metre: float = _figure(
        "along_per_metre", "Error ahead after a metre of way.", "m", amcl="alpha3"
    )
    across_per_metre: float = _figure(
        "across_per_metre",
        "Error to the side after a metre, beside what the heading's does.",
        "m",
        amcl="alpha5",
    )
    yaw_per_metre: float = _figure(
        "yaw_per_metre", "Error of heading after a metre of way.", "rad", amcl="alpha2"
    )
    yaw_per_radian: float = _figure(
        "yaw_per_radian", "Error of heading after a radian of turning.", "rad", amcl="alpha1"
    )
    position_per_radian: float = _figure(
        "position_per_radian",
        "Error of position, to each side, after a radian of turning.",
        "m",
        amcl="alpha4",
    )
    position_per_second: float = _figure(
        "position_per_second", "Error of position after a second, moving or not.", "m"
    )
    yaw_per_second: float = _figure(
        "yaw_per_second", "Error of heading after a second, moving or not.", "rad"
    )
    distance_scale: float = _figure(
        "distance_scale",
        "By what share distances are off for a spell; the filter estimates it as it goes.",
        "",
    )
    turn_scale: float = _figure(
        "turn_scale",
        "By what share turns are off for a spell; the filter estimates it as it goes.",
        "",
    )
    scale_time: float = _figure("scale_time", "How long a spell lasts.", "s", low=0.01, high=1000.0)
    alpha1: float = _alpha("alpha1", f"yaw_per_radian = sqrt({UPDATE_RAD} alpha1)")
    alpha2: float = _alpha(
        "alpha2",
        f"yaw_per_metre = sqrt({2.0 * UPDATE_M} alpha2) and "
        f"across_per_metre = {UPDATE_M} sqrt({UPDATE_M} alpha2 / 3) (omnidirectional: "
        f"yaw_per_metre = sqrt({UPDATE_M} alpha2))",
    )
    alpha3: float = _alpha("alpha3", f"along_per_metre = sqrt({UPDATE_M} alpha3)")
    alpha4: float = _alpha("alpha4", f"position_per_radian = sqrt({UPDATE_RAD} alpha4)")
    alpha5: float = _alpha(
        "alpha5", f"across_per_metre = sqrt({UPDATE_M} alpha5) (omnidirectional alone)"
    )
    robot_model_type: str = parameter(
        _DIFFERENTIAL,
        ParameterInfo(
            "Which of AMCL's models the alphas are for; nothing else depends on it.",
            choices=(_DIFFERENTIAL, _OMNI),
            live=True,
            amcl="robot_model_type",
        ),
    )

    def odometry_noise(self) -> OdometryNoise:
        """Return the noise: a figure that differs from its default, or an alpha's, or the default.

        What has its default counts as not told: a file of parameters holds them all.
        """
        return OdometryNoise.of_figures(_DEFAULTS | self._of_alphas() | self._told())

    def overruled(self) -> list[str]:
        """Return the names of figures that an alpha says too, where both are told."""
        return [f"{GROUP}.{name}" for name in self._of_alphas() if name in self._told()]

    def _told(self) -> dict[str, float]:
        told = {name: float(getattr(self, name)) for name in _DEFAULTS}
        return {name: value for name, value in told.items() if value != _DEFAULTS[name]}

    def _of_alphas(self) -> dict[str, float]:
        alphas = {f"alpha{k}": float(getattr(self, f"alpha{k}")) for k in range(1, 6)}
        known = {name: alpha for name, alpha in alphas.items() if alpha >= 0.0}
        return figures_of_alphas(known, omni=self.robot_model_type == _OMNI)


class NoiseTold:
    """The odometry's noise as the parameters have it now."""

    def __init__(self, parameters: Parameters[Any], warn: Callable[[str], object]) -> None:
        """Read the parameters.

        Args:
            parameters: of a node whose values are ``NoiseParameters``.
            warn: told of alphas that do not count.
        """
        self._parameters = parameters
        self._warn = warn
        self._read: NoiseParameters | None = None
        self._overruled: list[str] = []
        self.now = OdometryNoise()
        self.changed()

    def changed(self) -> bool:
        """Read the parameters again, where one was set, and tell whether the noise is another."""
        told: NoiseParameters = self._parameters.now
        if told is self._read:
            return False
        before, self._read, self.now = self.now, told, told.odometry_noise()
        overruled = told.overruled()
        if overruled and overruled != self._overruled:
            self._warn(
                f"{', '.join(overruled)}: told beside AMCL's alpha, which is not heeded there"
            )
        self._overruled = overruled
        return self.now != before

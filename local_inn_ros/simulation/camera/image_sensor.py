# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From light to numbers: exposure that follows the light, noise, and eight bits.

Noise is that of counted electrons and of reading them out (EMVA 1288); values are encoded as sRGB
(IEC 61966-2-1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# White paper in light 1 fills a pixel in this time.
_WHITE_S = 0.006
# The mean of a picture is brought to this share of white, by no more than so much at a time.
_TARGET, _HASTE, _MOST_STEP = 0.2, 0.5, 2.0
_SHORTEST_S, _MOST_GAIN, _FIRST_S = 5e-5, 12.0, 0.004
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_CODES = 4096


@dataclass(frozen=True, slots=True)
class SensorModel:
    """What a camera's chip does to light.

    Attributes:
        longest_exposure_s: in less light it amplifies instead, which shows more noise.
        readout_s: time from the first row to the last; 0 for a global shutter.
        full_well: electrons that make white without amplification; fewer show more noise.
        read_noise: electrons of noise of each pixel, however dark.
    """

    longest_exposure_s: float = 0.016
    readout_s: float = 0.015
    full_well: float = 6000.0
    read_noise: float = 8.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: a time is negative, or there are no electrons.
        """
        if self.longest_exposure_s < _SHORTEST_S or self.readout_s < 0.0:
            raise ValueError("a picture is exposed for a while, and not read out before it is")
        if not (self.full_well > 0.0 and self.read_noise >= 0.0):
            raise ValueError("a pixel holds some electrons, and its noise is not negative")


class ImageSensor:
    """Develops pictures, and chooses for each how long the next one is exposed."""

    def __init__(self, model: SensorModel, rng: np.random.Generator) -> None:
        """Switch it on.

        Args:
            model: what it does.
            rng: source of noise.
        """
        self._model = model
        self._rng = rng
        # Exposure times amplification.
        self._amount_s = _FIRST_S

    @property
    def exposure_s(self) -> float:
        """How long the next picture is exposed."""
        return max(min(self._amount_s, self._model.longest_exposure_s), _SHORTEST_S)

    def develop(self, radiance: NDArray[np.float32], colour: bool) -> NDArray[np.uint8]:
        """Return what the chip makes of the light, and adjust the exposure of the next picture.

        Args:
            radiance: (height, width, 3) as ``Renderer.radiance`` has it.
            colour: whether it tells colours, or brightness alone.

        Returns:
            (height, width, 3) or (height, width).
        """
        model, exposure = self._model, self.exposure_s
        gain = min(max(self._amount_s / exposure, 1.0), _MOST_GAIN)
        light = radiance if colour else radiance @ _LUMINANCE
        # The well of a pixel is full of light before its electrons are counted.
        electrons = np.minimum(
            light * np.float32(model.full_well * exposure / _WHITE_S), model.full_well
        )
        noise = self._rng.standard_normal(light.shape, dtype=np.float32)
        electrons += noise * np.sqrt(electrons + np.float32(model.read_noise**2))
        values = np.clip(electrons * np.float32(gain / model.full_well), 0.0, 1.0)
        self._meter(float(values.mean()))
        codes: NDArray[np.uint8] = _ENCODED[(values * np.float32(_CODES - 1)).astype(np.int32)]
        return codes

    def _meter(self, mean: float) -> None:
        """Choose the next exposure by the mean of this picture."""
        step = (_TARGET / max(mean, 1e-3)) ** _HASTE
        amount = self._amount_s * min(max(step, 1.0 / _MOST_STEP), _MOST_STEP)
        most = self._model.longest_exposure_s * _MOST_GAIN
        self._amount_s = min(max(amount, _SHORTEST_S), most)


def encoded(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return shares of white in [0, 1] as eight bits of sRGB."""
    low = 12.92 * values
    high = 1.055 * np.maximum(values, 1e-9) ** (1.0 / 2.4) - 0.055
    return np.rint(255.0 * np.where(values <= 0.0031308, low, high)).astype(np.uint8)


_ENCODED = encoded((np.arange(_CODES) + 0.5) / _CODES)

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How unlike a whole picture is to all that were learned: poses are further off where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BundleError
from local_inn_ros.systems.pose_inn.config import POOLED

# Directions in which pictures differ most; of more, most are noise.
_CODE = 16
# Pictures that are remembered: 32 bytes each.
_MOST = 2_000
_LEAST = 1e-3


def pooled_features(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what a picture is like as a whole (128,), as ``network.pooled`` has it."""
    whole = features.astype(np.float32)
    told: NDArray[np.float32] = np.concatenate(
        [whole.mean(axis=0), np.sqrt(whole.var(axis=0) + 1e-5)]
    )
    return told


@dataclass(frozen=True, slots=True, eq=False)
class Familiarity:
    """What learned pictures are like as a whole.

    Attributes:
        mean: (128,) of them.
        ways: (128, 16) directions in which they differ most.
        codes: (n, 16) of each, along those.
    """

    mean: NDArray[np.float32]
    ways: NDArray[np.float32]
    codes: NDArray[np.float16]

    @staticmethod
    def of(pooled: NDArray[np.float32]) -> Familiarity:
        """Remember pictures by what they are like as a whole (n, 128)."""
        mean = pooled.mean(axis=0)
        ways = np.zeros((POOLED, _CODE), np.float32)
        found = np.linalg.svd(pooled - mean, full_matrices=False)[2][:_CODE]
        ways[:, : len(found)] = found.T
        step = max(1, -(-len(pooled) // _MOST))
        return Familiarity(mean, ways, ((pooled[::step] - mean) @ ways).astype(np.float16))

    def strangeness(self, pooled: NDArray[np.float32]) -> float:
        """Return the logarithm of how far a picture (128,) is from that most alike."""
        off = self.codes.astype(np.float32) - (pooled - self.mean) @ self.ways
        return float(np.log(np.linalg.norm(off, axis=1).min() + _LEAST))

    def write(self, file: Path) -> None:
        """Write it into a file (npz)."""
        with file.open("wb") as stream:
            np.savez(stream, mean=self.mean, ways=self.ways, codes=self.codes)

    @staticmethod
    def read(file: Path) -> Familiarity:
        """Read it from a file.

        Raises:
            BundleError: it is no such file.
        """
        try:
            with np.load(file, allow_pickle=False) as stored:
                mean, ways, codes = stored["mean"], stored["ways"], stored["codes"]
        except (OSError, KeyError, ValueError, BadZipFile) as error:
            raise BundleError(f"{file} does not say what was learned: {error}") from error
        if (mean.shape, ways.shape, codes.shape[1:]) != ((POOLED,), (POOLED, _CODE), (_CODE,)):
            raise BundleError(f"{file} does not say what was learned: its arrays do not fit")
        return Familiarity(mean, ways, codes)

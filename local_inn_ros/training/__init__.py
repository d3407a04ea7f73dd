# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a map to a bundle: sample sources, objectives, the fit loop (needs torch)."""

from local_inn_ros.training.fit import TrainingProgress
from local_inn_ros.training.scan_sources import PosedScans
from local_inn_ros.training.settings import PRESETS, TrainingSettings
from local_inn_ros.training.train import train_bundle

__all__ = ["PRESETS", "PosedScans", "TrainingProgress", "TrainingSettings", "train_bundle"]

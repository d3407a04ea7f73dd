# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles of schema 2, as version 0.1.0 wrote them, load and give the fixes that they gave."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import load_bundle, open_model
from local_inn_ros.world import RayCaster, plan_lap

DATA = Path(__file__).parents[1] / "data"
MOUNT = Pose2(0.27, 0.0, 0.0)


def shipped() -> Path:
    return resource_directory("models") / "generated_track"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The shipped bundle, described as it was then."""
    folder = tmp_path / "older"
    shutil.copytree(shipped(), folder, ignore=shutil.ignore_patterns("engine"))
    shutil.copy(DATA / "bundle_schema_2.yaml", folder / "bundle.yaml")
    return folder


def fixes_of(bundle: Bundle) -> list[dict[str, Any]]:
    """Locate the scans that the fixes of then were made of."""
    model, laser = open_model(bundle), bundle.description.laser
    caster, lap = RayCaster(bundle.grid, threads=1), plan_lap(bundle.grid)
    angles, rng = laser.beam_angles_rad(), np.random.default_rng(7)
    rows = []
    for refiner in RefinerChoice:
        localizer = fix_producer_of(model, Mount.level(MOUNT), RunSettings(refiner))
        for place in range(0, len(lap) - 1, len(lap) // 8):
            ahead = lap[place + 1] - lap[place]
            pose = Pose2(*map(float, lap[place]), float(np.arctan2(ahead[1], ahead[0])))
            ranges = caster.cast(pose.to_array()[None], angles, laser.range_max_m)[0]
            noisy = (ranges + rng.normal(0.0, 0.01, ranges.size)).astype(np.float32)
            step = float(angles[1] - angles[0])
            limits = (laser.range_min_m, laser.range_max_m)
            scan = Scan(0.0, noisy, float(angles[0]), step, *limits)
            base = pose @ MOUNT.inverse()
            off = rng.normal(0.0, [0.05, 0.05, 0.03])
            told = Pose2.from_array(base.to_array() + off)
            prior = GaussianPose2.from_deviations(told, 0.05, 0.05, 0.03)
            fix = localizer.locate(scan, prior)
            rows.append(
                {
                    "refiner": refiner.value,
                    "place": place,
                    "measured": fix.measurement.mean.to_array().tolist(),
                    "deviations": fix.measurement.deviations().tolist(),
                    "network": fix.network.mean.to_array().tolist(),
                    "quality": fix.quality,
                }
            )
    return rows


@pytest.mark.parametrize("which", ["older", "shipped"])
def test_the_fixes_are_those_of_then(older: Path, which: str) -> None:
    then = json.loads((DATA / "fixes_schema_2.json").read_text())
    now = fixes_of(load_bundle(older if which == "older" else shipped()))
    assert len(now) == len(then) >= 24
    for one, before in zip(now, then, strict=True):
        assert (one["refiner"], one["place"]) == (before["refiner"], before["place"])
        # Other processors round otherwise; what a fix is worth is millimetres.
        assert one["measured"] == pytest.approx(before["measured"], abs=1e-4)
        assert one["network"] == pytest.approx(before["network"], abs=1e-4)
        assert one["deviations"] == pytest.approx(before["deviations"], rel=0.01)
        assert one["quality"] == pytest.approx(before["quality"], abs=1e-3)


def test_a_bundle_of_then_gives_the_fixes_of_one_of_now(older: Path) -> None:
    assert fixes_of(load_bundle(older)) == fixes_of(load_bundle(shipped()))


def test_it_says_the_same_as_the_one_of_now(older: Path) -> None:
    then, now = Bundle.load(older).description, Bundle.load(shipped()).description
    assert then == now


@pytest.mark.parametrize("missing", ["sensor", "map", "networks", "prior", "training"])
def test_what_schema_2_must_have_is_asked_for_by_name(older: Path, missing: str) -> None:
    content = yaml.safe_load((older / "bundle.yaml").read_text())
    del content[missing]
    (older / "bundle.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(BundleError, match=missing):
        Bundle.load(older)

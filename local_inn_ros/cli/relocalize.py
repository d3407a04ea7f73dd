# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn relocalize`: where on the whole map a scan was taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local_inn_ros.cli.options import (
    BagOption,
    BundleArgument,
    JsonOption,
    MapFrameOption,
    MountOption,
    OdomTopicOption,
    ReferenceOption,
    ScanTopicOption,
    open_bag,
)
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice

if TYPE_CHECKING:
    from local_inn_ros.geometry import GaussianPose2, Pose2
    from local_inn_ros.localization.search.hypotheses import SearchResult
    from local_inn_ros.recordings.bag_reader import Recording
    from local_inn_ros.sensing import Scan

EXAMPLE = "Example: local-inn relocalize models/lab --bag bags/lap2 --at 12.5"


def relocalize(
    bundle: BundleArgument,
    bag: BagOption,
    at: Annotated[
        float, typer.Option("--at", min=0.0, help="Seconds after the recording's first scan.")
    ] = 0.0,
    reference: ReferenceOption = None,
    json: JsonOption = None,
    refiner: Annotated[
        RefinerChoice, typer.Option("--refiner", help="What the answers are aligned with.")
    ] = RefinerChoice.FIELD,
    scan_topic: ScanTopicOption = "/scan",
    odom_topic: OdomTopicOption = "/odom",
    mount: MountOption = None,
    map_frame: MapFrameOption = "map",
) -> None:
    """Search the whole map for the place where one scan of a recording was taken.

    The exit code is 1 where it was not found.
    """
    from local_inn_ros.cli.kept_inputs import files_of_bag, files_of_bundle, keep_inputs
    from local_inn_ros.evaluation.json_file import write_json
    from local_inn_ros.sensing.mount import Mount
    from local_inn_ros.systems.protocol import RunSettings, candidate_search_of
    from local_inn_ros.systems.registry import load_bundle, open_model

    model = open_model(load_bundle(bundle))
    laser = model.bundle.description.laser
    keep_inputs(json, (*files_of_bundle(model.bundle), *files_of_bag(bag)))
    recording = open_bag(bag, scan_topic, odom_topic, reference, mount, laser, map_frame)
    scan = _scan_at(recording, at)
    mounted = Mount.level(recording.mount_of(scan))
    relocalizer = candidate_search_of(model, mounted, RunSettings(refiner))
    result = relocalizer.search(scan)
    truth = _truth_at(recording, scan)
    _print(result, truth)
    if json is not None:
        write_json(json, _figures(result, truth))
    if not result.found:
        raise typer.Exit(1)


def _scan_at(recording: Recording, at_s: float) -> Scan:
    from local_inn_ros.errors import BagError

    first = last = None
    for scan in recording.scans():
        first = scan.stamp_s if first is None else first
        last = scan.stamp_s - first
        if last >= at_s:
            return scan
    raise BagError(f"the recording {recording.path} has scans up to {last:.2f} s, not {at_s:g} s")


def _truth_at(recording: Recording, scan: Scan) -> Pose2 | None:
    from local_inn_ros.geometry import Pose2

    if recording.reference is None:
        return None
    pose = Pose2.from_array(recording.reference.at([scan.stamp_s])[0])
    return pose if pose.is_finite() else None


def _print(result: SearchResult, truth: Pose2 | None) -> None:
    from local_inn_ros.cli.output import say

    if result.found and result.pose is not None:
        say(f"found in {1e3 * result.seconds:.0f} ms", style="green")
        say(_described(result.pose))
        if truth is not None:
            off_m = result.pose.mean.distance_to(truth)
            off_deg = abs(math.degrees(result.pose.mean.between(truth).yaw))
            say(f"off the reference by {off_m:.3f} m and {off_deg:.2f} degrees")
    else:
        say(f"not found in {1e3 * result.seconds:.0f} ms: {result.reason}", style="red")
    for rank, hypothesis in enumerate(result.hypotheses, start=1):
        shares = f"weight {hypothesis.weight:.3f}, score {hypothesis.score:.3f}"
        say(f"{rank}. {shares}: {_described(hypothesis.pose)}")


def _described(pose: GaussianPose2) -> str:
    mean, deviations = pose.mean, pose.deviations()
    return (
        f"x {mean.x:.3f} m, y {mean.y:.3f} m, yaw {math.degrees(mean.yaw):.2f} degrees "
        f"(deviations {deviations[0]:.3f} m, {deviations[1]:.3f} m, "
        f"{math.degrees(deviations[2]):.2f} degrees)"
    )


def _figures(result: SearchResult, truth: Pose2 | None) -> dict[str, Any]:
    def plain(pose: GaussianPose2) -> dict[str, Any]:
        return {"pose": pose.mean.to_array().tolist(), "covariance": pose.covariance.tolist()}

    return {
        "found": result.found,
        "seconds": result.seconds,
        "reason": result.reason,
        "pose": None if result.pose is None else plain(result.pose),
        "truth": None if truth is None else truth.to_array().tolist(),
        "hypotheses": [
            {"score": h.score, "weight": h.weight, **plain(h.pose)} for h in result.hypotheses
        ],
    }

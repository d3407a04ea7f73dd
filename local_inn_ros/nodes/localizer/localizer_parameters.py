# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the observing nodes; AMCL's names where AMCL has the same."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.nodes.common.noise_parameters import NoiseParameters
from local_inn_ros.nodes.common.parameters import (
    NodeParameters,
    ParameterInfo,
    diagnostic_limit,
    parameter,
)

AUTOMATIC = "auto"
RAW, COMPRESSED = "raw", "compressed"


@dataclass(frozen=True)
class LocalizerParameters(NoiseParameters, NodeParameters):
    """What every observing node can be told."""

    bundle: str = parameter("", ParameterInfo("Folder of the trained model."))
    engine: str = parameter(
        EngineChoice.ONNX.value,
        ParameterInfo(
            "What runs the networks: onnx (ONNX Runtime on the processor), tensorrt (plans that "
            "`local-inn export` made on this robot), or auto (tensorrt where it can be had). Where "
            "one cannot be had, a warning says why, and ONNX Runtime runs them.",
            choices=(
                EngineChoice.ONNX.value,
                EngineChoice.TENSORRT.value,
                EngineChoice.AUTO.value,
            ),
        ),
    )
    refiner: str = parameter(
        RefinerChoice.FIELD.value,
        ParameterInfo(
            "What the network's answer is aligned with: field (what the bundle has of the place "
            "for that, such as landmarks, if anything), forward (the network's own forward pass), "
            "or none.",
            choices=tuple(choice.value for choice in RefinerChoice),
            live=True,
        ),
    )
    samples: int = parameter(
        64,
        ParameterInfo("Poses drawn for each reading; even.", low=2, high=1000, step=2, live=True),
    )
    global_frame_id: str = parameter(
        "map", ParameterInfo("Frame of the map.", amcl="global_frame_id")
    )
    base_frame_id: str = parameter(
        "base_link", ParameterInfo("Frame of the robot's base.", amcl="base_frame_id")
    )
    first_map_only: bool = parameter(
        False,
        ParameterInfo(
            "Compare only the first map that comes with the bundle's.",
            live=True,
            amcl="first_map_only",
        ),
    )
    search_at_start: bool = parameter(
        False, ParameterInfo("Search the whole map until somebody has told a pose.", live=True)
    )
    search_timeout: float = parameter(
        3.0,
        ParameterInfo(
            "A search answers at the latest so long after its first reading, by their stamps.",
            low=0.1,
            high=60.0,
            unit="s",
            live=True,
        ),
    )
    search_share: float = parameter(
        0.75,
        ParameterInfo(
            "Share of one core that a search of the map may take, on average; it works beside the "
            "readings, and behind them where the processor is short.",
            low=0.05,
            high=1.0,
            live=True,
        ),
    )
    auto_relocalize: bool = parameter(
        True,
        ParameterInfo(
            "Search the whole map without being called when the robot is lost.", live=True
        ),
    )
    confirm_readings: int = parameter(
        10,
        ParameterInfo(
            "A place that was found without a call has to go on explaining so many readings before "
            "it is believed.",
            low=1,
            high=1000,
            live=True,
        ),
    )
    defers_to: str = parameter(
        "",
        ParameterInfo(
            "Name of another localizer's node, whose word counts while it has readings: this one "
            "then offers the places that it finds on ~/candidates, and calls nothing lost; its "
            "services are under its own name. Empty for none."
        ),
    )
    candidate_topics: tuple[str, ...] = parameter(
        ("camera_localizer/candidates",),
        ParameterInfo("Topics with PoseArray: places that other localizers offer to searches."),
    )
    pose_file: str = parameter(
        AUTOMATIC,
        ParameterInfo(
            "Where the pose is saved for the next start: a file; 'auto' for one for each map "
            "under $ROS_HOME, or ~/.ros; empty for none."
        ),
    )
    save_pose_period: float = parameter(
        10.0, ParameterInfo("The pose is saved this often.", low=0.1, high=3600.0, unit="s")
    )
    stamp_age_warn: float = diagnostic_limit(
        0.3,
        "warn where readings are older than this when they come, or stamped so far ahead",
        high=3600.0,
        unit="s",
    )
    stamp_age_error: float = diagnostic_limit(
        1.0,
        "report an error where readings are older than this when they come, or so far ahead",
        high=3600.0,
        unit="s",
    )
    quality_warn: float = diagnostic_limit(0.5, "warn below this mean quality", high=1.0)
    quality_error: float = diagnostic_limit(
        0.05, "report an error below this mean quality", high=1.0
    )


@dataclass(frozen=True)
class LidarParameters(LocalizerParameters):
    """What the node for lasers can be told."""

    bundle: str = parameter(
        "", ParameterInfo("Folder of the trained model; the shipped demo model where empty.")
    )
    scan_topics: tuple[str, ...] = parameter(
        ("scan",), ParameterInfo("Topics with LaserScan, one for each laser.", amcl="scan_topic")
    )
    refiner: str = parameter(
        RefinerChoice.FIELD.value,
        ParameterInfo(
            "What the network's answer is aligned with: field (the map's likelihood field), "
            "forward (the network's own forward pass), or none.",
            choices=tuple(choice.value for choice in RefinerChoice),
            live=True,
        ),
    )
    engine: str = parameter(
        EngineChoice.COMPILED.value,
        ParameterInfo(
            "What runs the networks: compiled (the processor, fastest for single scans), onnx "
            "(ONNX Runtime on the processor), tensorrt (plans that `local-inn export` made on this "
            "robot), or auto (tensorrt where it can be had, or else compiled). Where one cannot "
            "be had, a warning says why, and the next one runs them.",
            choices=(
                EngineChoice.COMPILED.value,
                EngineChoice.ONNX.value,
                EngineChoice.TENSORRT.value,
                EngineChoice.AUTO.value,
            ),
        ),
    )
    samples: int = parameter(
        20, ParameterInfo("Poses drawn for each scan; even.", low=2, high=1000, step=2, live=True)
    )
    max_scan_ms: float = parameter(
        2.0,
        ParameterInfo(
            "Processor time that a scan may take while its pose is known only roughly: so many of "
            "the places that are possible are looked at. What every scan needs is done in any "
            "case.",
            low=0.1,
            high=1e4,
            unit="ms",
            live=True,
        ),
    )
    self_calibrate: bool = parameter(
        True,
        ParameterInfo(
            "Learn while driving what the laser's ranges have wrong as against the map's "
            "surfaces, and by how much covariances are too small; forgotten when the node ends.",
            live=True,
        ),
    )
    scan_rate_warn: float = diagnostic_limit(
        5.0, "warn below this rate of scans", high=1e4, unit="Hz"
    )
    scan_rate_error: float = diagnostic_limit(
        1.0, "report an error below this rate of scans", high=1e4, unit="Hz"
    )
    scan_time_warn: float = diagnostic_limit(
        0.03, "warn where a scan takes longer than this, on average", high=60.0, unit="s"
    )
    scan_time_error: float = diagnostic_limit(
        0.1, "report an error where a scan takes longer than this, on average", high=60.0, unit="s"
    )


@dataclass(frozen=True)
class CameraParameters(LocalizerParameters):
    """What the node for cameras can be told."""

    candidate_topics: tuple[str, ...] = parameter(
        ("lidar_localizer/candidates",),
        ParameterInfo("Topics with PoseArray: places that other localizers offer to searches."),
    )
    image_topic: str = parameter(
        "image_raw", ParameterInfo("Topic with pictures: Image, or CompressedImage (transport).")
    )
    transport: str = parameter(
        RAW,
        ParameterInfo(
            "raw for Image; compressed for CompressedImage, which is heard on the topic's name "
            "with /compressed behind it.",
            choices=(RAW, COMPRESSED),
        ),
    )
    camera_info_topic: str = parameter(
        "",
        ParameterInfo("Topic with CameraInfo; camera_info beside the pictures where empty."),
    )
    time_offset: float = parameter(
        0.0,
        ParameterInfo(
            "Added to the stamps of pictures, beside what the bundle says of its camera: negative "
            "for a driver that stamps late.",
            low=-10.0,
            high=10.0,
            unit="s",
        ),
    )
    picture_rate_warn: float = diagnostic_limit(
        3.0, "warn below this rate of pictures", high=1e4, unit="Hz"
    )
    picture_rate_error: float = diagnostic_limit(
        0.5, "report an error below this rate of pictures", high=1e4, unit="Hz"
    )
    picture_time_warn: float = diagnostic_limit(
        0.1, "warn where a picture takes longer than this, on average", high=60.0, unit="s"
    )
    picture_time_error: float = diagnostic_limit(
        0.3,
        "report an error where a picture takes longer than this, on average",
        high=60.0,
        unit="s",
    )

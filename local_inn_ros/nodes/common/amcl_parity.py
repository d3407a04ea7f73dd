# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What became of AMCL's parameters here, for those who come from there (Nav2, Kilted)."""

from __future__ import annotations

_LIKELIHOOD = "none: the likelihood of scans is one that unmapped things hardly move"
_PARTICLES = "none: there are no particles"
_RANGE = "none: the bundle's sensor file says which ranges count"
_MOTION = "none: every scan is used, also when the robot stands"

WITHOUT_EQUIVALENT: dict[str, str] = {
    "always_reset_initial_pose": "none: a node that was cleaned up begins without a pose, but for "
    "`set_initial_pose` and `pose_file`",
    "beam_skip_distance": _LIKELIHOOD,
    "beam_skip_error_threshold": _LIKELIHOOD,
    "beam_skip_threshold": _LIKELIHOOD,
    "do_beamskip": _LIKELIHOOD,
    "freespace_downsampling": _PARTICLES,
    "initial_pose.z": "none: the pose is planar",
    "lambda_short": _LIKELIHOOD,
    "laser_likelihood_max_dist": _LIKELIHOOD,
    "laser_max_range": _RANGE,
    "laser_min_range": _RANGE,
    "laser_model_type": _LIKELIHOOD,
    "map_topic": "none: remap `map`",
    "max_beams": "none: the bundle says how many beams its network uses",
    "max_particles": _PARTICLES,
    "min_particles": _PARTICLES,
    "pf_err": _PARTICLES,
    "pf_z": _PARTICLES,
    "random_seed": "none: the latents that samples are drawn with are the same for every scan",
    "recovery_alpha_fast": "`auto_relocalize`",
    "recovery_alpha_slow": "`auto_relocalize`",
    "resample_interval": _PARTICLES,
    "save_pose_rate": "`save_pose_period`, to a file in place of parameters",
    "sigma_hit": "none: the bundle's sensor file and calibration hold the noise",
    "update_min_a": _MOTION,
    "update_min_d": _MOTION,
    "z_hit": _LIKELIHOOD,
    "z_max": _LIKELIHOOD,
    "z_rand": _LIKELIHOOD,
    "z_short": _LIKELIHOOD,
}
"""AMCL's parameters that no parameter here has the meaning of, and what stands in their place."""

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a map to a bundle: sample sources, objectives, the fit loop, calibration.

What trains networks needs torch; calibration does not.
"""

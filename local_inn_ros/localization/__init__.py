# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From readings to a fused pose: localizer, refiner, EKF, global search, quality."""

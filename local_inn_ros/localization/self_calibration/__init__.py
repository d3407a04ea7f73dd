# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a running localizer learns from its own fixes: error of the ranges, and covariances."""

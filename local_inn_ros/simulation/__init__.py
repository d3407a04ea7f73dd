# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot and its sensors as a stream of readings with ground truth."""

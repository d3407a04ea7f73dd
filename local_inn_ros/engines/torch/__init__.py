# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs on torch: on machines that train, and on a GPU."""

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs on TensorRT, and the GPU that they run on."""

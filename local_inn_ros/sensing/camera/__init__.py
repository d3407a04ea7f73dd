# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras: raw pictures of any encoding, size and lens to the pictures that networks take."""

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Blocks of invertible networks that systems share, and what the fit loop is given."""

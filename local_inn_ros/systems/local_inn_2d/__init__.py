# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Local_INN for planar lasers (Zang et al., arXiv 2209.11925)."""

# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From what a person gives to a bundle, for any system: the fit loop and its checkpoints."""

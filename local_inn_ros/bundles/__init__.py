# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folder that a trained model is: what it says of itself, and its files."""

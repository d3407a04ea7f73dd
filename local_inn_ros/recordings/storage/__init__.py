# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files that bags are made of, each read as far as it is whole."""

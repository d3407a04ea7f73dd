# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks/` and `local-inn bench` run: accuracy, kidnap, quality, timing."""

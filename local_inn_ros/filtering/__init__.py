# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose filter and what it needs: motion models, delayed fixes, odometry, priors."""

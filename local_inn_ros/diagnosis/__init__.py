# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a running localization, judged from what was seen of it."""

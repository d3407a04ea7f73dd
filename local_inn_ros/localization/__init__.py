# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What systems share at run time: refiners, searches, monitors, quality, the pipeline."""

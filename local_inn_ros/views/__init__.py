# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Views that nobody took: a radiance field of posed pictures, rendered at other poses."""

"""Which tests a system cannot run: TensorFlow Lite Micro has packages for Linux on x86-64 alone."""

import platform
import sys

HAS_MICRO = (sys.platform, platform.machine()) == ("linux", "x86_64")
collect_ignore = [] if HAS_MICRO else ["test_mobile_micro.py"]

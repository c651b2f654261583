"""Puts this folder's helpers on the path; they are shared with processes that the tests start."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

"""The syntax trees of Python files."""

from __future__ import annotations

import ast
import gc
from pathlib import Path


def parse(file: Path) -> ast.Module:
    """The tree of the file.

    Until 3.11.7, Python counts the depth of all trees that it builds in one place, and raises SystemError if
    two threads build one at once; while one does, another can only if garbage is collected.
    """
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    finally:
        if is_enabled:
            gc.enable()

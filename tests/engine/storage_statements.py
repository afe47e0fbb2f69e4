"""Where the statements of the storage are."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import ewallet_core.storage


def storage_modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(ewallet_core.storage.__path__, "ewallet_core.storage.")
    names = [module.name for module in found if not module.ispkg and ".migrations." not in module.name]
    return [importlib.import_module(name) for name in names]

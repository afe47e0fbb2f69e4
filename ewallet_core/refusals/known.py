"""Every refusal there is, found where it is declared."""

from __future__ import annotations

import inspect
import pkgutil
from dataclasses import dataclass
from importlib import import_module

import ewallet_core.refusals
from ewallet_core.refusals.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Known:
    """A refusal's code, what it means, and the sentences that it says where it always says the same."""

    code: str
    meaning: str
    error: str | None
    warning: str | None


def refusals() -> list[type[Refusal]]:
    """Every type of refusal that has a code, in the order of the codes."""
    modules = pkgutil.iter_modules(ewallet_core.refusals.__path__, "ewallet_core.refusals.")
    found = [
        value
        for module in modules
        for value in vars(import_module(module.name)).values()
        if inspect.isclass(value) and issubclass(value, Refusal) and value.__module__ == module.name
    ]
    return sorted((refusal for refusal in found if "code" in vars(refusal)), key=lambda refusal: refusal.code)


def known_refusals() -> list[Known]:
    """What there is to say of every refusal, in the order of the codes."""
    return [_known(refusal) for refusal in refusals()]


def _known(refusal: type[Refusal]) -> Known:
    meaning = (inspect.getdoc(refusal) or "").partition("\n")[0]
    if not _always_says_the_same(refusal):
        return Known(refusal.code, meaning, None, None)
    said = refusal()  # type: ignore[call-arg]
    return Known(refusal.code, meaning, said.error, said.warning)


def _always_says_the_same(refusal: type[Refusal]) -> bool:
    return not inspect.signature(refusal).parameters

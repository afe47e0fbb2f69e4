"""The base class of every error that an instruction can be answered with, and the list of all of them."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Self

import ewallet_core.errors


class WalletError(Exception):
    """An instruction that is not carried out; it has changed nothing.

    One that `transient` is of who asks, or of the moment, and is not what a repeated request gets again.
    """

    code: ClassVar[str]
    transient: ClassVar[bool] = False

    def __init__(self, error: str, warning: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.warning = warning
        self.details = details
        self.after_rollback: Callable[[], None] | None = None

    def with_after_rollback(self, after_rollback: Callable[[], None]) -> Self:
        """The same refusal, which writes this down once what was begun has been undone."""
        self.after_rollback = after_rollback
        return self


@dataclass(frozen=True, slots=True)
class Known:
    """A refusal's code, what it means, and the sentences that it says where it always says the same."""

    code: str
    meaning: str
    error: str | None
    warning: str | None


def errors() -> list[type[WalletError]]:
    """Every type of refusal that has a code, in the order of the codes."""
    modules = pkgutil.iter_modules(ewallet_core.errors.__path__, "ewallet_core.errors.")
    found = [
        value
        for module in modules
        for value in vars(import_module(module.name)).values()
        if inspect.isclass(value) and issubclass(value, WalletError) and value.__module__ == module.name
    ]
    return sorted((error for error in found if "code" in vars(error)), key=lambda error: error.code)


def known_errors() -> list[Known]:
    """What there is to say of every refusal, in the order of the codes."""
    return [_known(error) for error in errors()]


def _known(error: type[WalletError]) -> Known:
    meaning = (inspect.getdoc(error) or "").partition("\n")[0]
    if not _always_says_the_same(error):
        return Known(error.code, meaning, None, None)
    said = error()  # type: ignore[call-arg]
    return Known(error.code, meaning, said.error, said.warning)


def _always_says_the_same(error: type[WalletError]) -> bool:
    return not inspect.signature(error).parameters

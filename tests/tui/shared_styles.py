"""The styles of Textual's nodes, found once for all apps of a test run instead of once in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

Patch = Callable[[Any, str, Any], None]
Path = tuple[Any, ...]
"""What selectors can tell of a node and its ancestors, except its place among other nodes."""


class SharedStyles:
    """Keeps the rules of style sheets, and which of them hold for a node of a given path."""

    def __init__(self) -> None:
        self._apply = Stylesheet.apply
        self._parse = Stylesheet.parse
        self._parse_rules = Stylesheet._parse_rules
        self._rules_of_source: dict[Path, list[RuleSet]] = {}
        self._parsed: dict[Path, tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
        self._matched: dict[int, dict[Path, Any]] = {}

    def replace(self, patch: Patch) -> None:
        """Let all style sheets use what is kept here; `patch` is called as `setattr`."""

        def read(sheet: Stylesheet, *source: Any, **kind: Any) -> list[RuleSet]:
            return self._read(sheet, *source, **kind)

        def parse(sheet: Stylesheet) -> None:
            self._parse_once(sheet)

        def apply(sheet: Stylesheet, node: DOMNode, **options: Any) -> None:
            self._apply_once(sheet, node, **options)

        patch(Stylesheet, "_parse_rules", read)
        patch(Stylesheet, "parse", parse)
        patch(Stylesheet, "apply", apply)
        patch(Stylesheet, "replace_rules", self._replace_changed)

    def _read(self, sheet: Stylesheet, *source: Any, **kind: Any) -> list[RuleSet]:
        key = (*source, *kind.items(), *sheet._variables.items())
        if key not in self._rules_of_source:
            self._rules_of_source[key] = self._parse_rules(sheet, *source, **kind)
        return self._rules_of_source[key]

    def _parse_once(self, sheet: Stylesheet) -> None:
        key = (*sheet.source.items(), *sheet._variables.items())
        if key not in self._parsed:
            self._parse(sheet)
            self._parsed[key] = sheet._rules, sheet.rules_map
        sheet._rules, sheet._rules_map = self._parsed[key]
        sheet._require_parse = False

    def _apply_once(
        self, sheet: Stylesheet, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None
    ) -> None:
        of_sheet = self._matched.setdefault(id(sheet.rules), {})
        paths = {} if cache is None else cache
        self._apply(sheet, node, animate=animate, cache=RulesOfNode(node, of_sheet, paths))

    def _replace_changed(self, node: DOMNode, rules: Any, animate: bool = False) -> None:
        """Stands for `Stylesheet.replace_rules`, which sets all of them; nothing is animated here."""
        base = node.styles.base
        before = base._rules
        if not before and isinstance(rules, FoundRules) and rules.as_set is not None:
            base.merge_rules(rules.as_set)
            base.refresh(layout=True, children=True)
            node.notify_style_update()
            return
        was_empty = not before
        for name in before.keys() | rules.keys():
            if before.get(name) != rules.get(name):
                setattr(base, name, rules.get(name))
        if was_empty and isinstance(rules, FoundRules):
            rules.as_set = base._rules.copy()
        node.notify_style_update()


class FoundRules(dict[str, Any]):
    """The rules of a node, and how they are once they are set."""

    as_set: dict[str, Any] | None = None


class RulesOfNode(dict[Any, Any]):
    """What Textual takes for its cache while it styles a node; the parent in its keys stands for a path."""

    def __init__(self, node: DOMNode, kept: dict[Path, Any], paths: dict[Any, Path]) -> None:
        super().__init__()
        self._can_focus = isinstance(node, Widget) and node.allow_focus()
        self._kept = kept
        self._paths = paths

    def get(self, key: Path, default: Any = None) -> Any:
        return self._kept.get(self._key(key), default)

    def __setitem__(self, key: Path, rules: Any) -> None:
        self._kept[self._key(key)] = FoundRules(rules)

    def _key(self, key: Path) -> Path:
        parent = key[0]
        if parent not in self._paths:
            self._paths[parent] = path_of(parent)
        return (self._can_focus, *self._paths[parent], *key[1:])


def path_of(node: DOMNode | None) -> Path:
    path: list[Any] = []
    while isinstance(node, DOMNode):
        path += (type(node), node._id, node.classes)
        if isinstance(node, Widget):
            path += (node.disabled, node.has_focus, node.mouse_hover, node.allow_focus())
        elif isinstance(node, App):
            path += (node.app_focus, node.current_theme.dark, node.native_ansi_color, node.no_color)
        node = node._parent
    return tuple(path)

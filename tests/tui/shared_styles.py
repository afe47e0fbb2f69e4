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
STYLED_BY = "_styled_by"
"""The attribute of a node for the rules that it was styled by last."""


class SharedStyles:
    """Keeps the rules of style sheets, and which of them hold for a node of a given path."""

    def __init__(self) -> None:
        self._apply = Stylesheet.apply
        self._parse = Stylesheet.parse
        self._parse_rules = Stylesheet._parse_rules
        self._rules_of_source: dict[Path, list[RuleSet]] = {}
        self._parsed: dict[Path, tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
        self._kept_by_candidates: dict[tuple[int, ...], dict[Path, FoundRules]] = {}
        self._kept_by_sheet: dict[int, KeptBySheet] = {}

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
        paths = {} if cache is None else cache
        own_id = node._id if f"#{node._id}" in sheet.rules_map else None
        kept = RulesOfNode(node, self._kept_for(sheet, node, own_id), paths, own_id)
        if (found := kept.found) is None:
            self._apply(sheet, node, animate=animate, cache=kept)
            kept.note()
        elif vars(node).get(STYLED_BY) is found:
            node.notify_style_update()
        else:
            node._has_hover_style = found.has_hover_style
            node._has_focus_within = node._has_order_style = node._has_odd_or_even = False
            self._replace_changed(node, found)
            sheet._process_component_classes(node)
            kept.note()

    def _kept_for(self, sheet: Stylesheet, node: DOMNode, own_id: str | None) -> dict[Path, FoundRules]:
        """What is kept for nodes with the same rules to choose from, in the same order.

        Style sheets differ from app to app, by what was read and when; most rules of a node are the same.
        """
        rules = sheet.rules
        if id(rules) not in self._kept_by_sheet:
            order = {id(rule): place for place, rule in enumerate(rules)}
            self._kept_by_sheet[id(rules)] = order, {}
        order, kept = self._kept_by_sheet[id(rules)]
        kind = type(node), node.classes, own_id
        if kind not in kept:
            rules_map = sheet.rules_map
            candidates = {
                id(rule) for name in rules_map.keys() & node._selector_names for rule in rules_map[name]
            }
            in_order = tuple(sorted(candidates, key=order.__getitem__))
            kept[kind] = self._kept_by_candidates.setdefault(in_order, {})
        return kept[kind]

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
    has_hover_style = False


Order = dict[int, int]
"""The place of each rule in a style sheet."""
KeptBySheet = tuple[Order, dict[Path, dict[Path, FoundRules]]]


class RulesOfNode(dict[Any, Any]):
    """What Textual takes for its cache while it styles a node: the rules are kept for the node's path.

    Textual does not put the rules of nodes there that also depend on their place among others or on the
    focus within them.
    """

    def __init__(
        self, node: DOMNode, kept: dict[Path, FoundRules], paths: dict[Any, Path], own_id: str | None
    ) -> None:
        """`own_id`: the node's id, if there are rules for it."""
        super().__init__()
        self._node = node
        self._kept = kept
        parent = node._parent
        if parent not in paths:
            paths[parent] = path_of(parent)
        self._path = (
            *paths[parent],
            type(node),
            own_id,
            node.classes,
            *state_of(node),
            node._pseudo_classes_cache_key,
        )

    @property
    def found(self) -> FoundRules | None:
        return self._kept.get(self._path)

    def note(self) -> None:
        """Note what the node is styled by now, unless a part of it depends on more than its path."""
        parts = [styles.node for styles in self._node._component_styles.values()]
        depends = any(
            part._has_focus_within or part._has_order_style or part._has_odd_or_even for part in parts if part
        )
        vars(self._node)[STYLED_BY] = None if depends else self.found

    def get(self, _: Path, default: Any = None) -> Any:
        return self._kept.get(self._path, default)

    def __setitem__(self, _: Path, rules: Any) -> None:
        found = self._kept[self._path] = FoundRules(rules)
        found.has_hover_style = self._node._has_hover_style


def path_of(node: DOMNode | None) -> Path:
    path: list[Any] = []
    while isinstance(node, DOMNode):
        path += (type(node), node._id, node.classes, *state_of(node))
        node = node._parent
    return tuple(path)


def state_of(node: DOMNode) -> Path:
    """What the pseudo-classes say of a node by itself."""
    if isinstance(node, Widget):
        return node.disabled, node.has_focus, node.mouse_hover, node.allow_focus()
    if isinstance(node, App):
        return node.app_focus, node.current_theme.dark, node.native_ansi_color, node.no_color
    return ()

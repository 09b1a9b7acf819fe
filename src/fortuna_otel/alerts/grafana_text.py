"""Annotations of Prometheus rules in words that Grafana can expand.

Grafana knows `$labels` and the values of a rule's own queries by name, but its `query` finds
nothing. Where an annotation looks up one number by labels of the alert, the look-up becomes one
more query of the rule, for all alerts at once. What lists several series, or asks for more than
labels, is left out with its `else`: nothing is said rather than something wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

NOBODY: Final = 'label_replace(vector(NaN), "of", "nobody", "", "")'
NOTHING: Final = 'label_replace(vector(0), "of", "nothing", "", "")'
"""Series that belong to no alert, of a rule and of its look-ups. A query without any result is no
data for Grafana, whatever the rule's other queries return; with these there always is some."""

_ACTION: Final = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_LOOKUP: Final = re.compile(r'with query (?:\(printf )?"((?:[^"\\]|\\.)*)"((?: \$labels\.\w+)*)\)?')
_AGGREGATION: Final = re.compile(r"\b(sum|min|max|avg|count|group|stddev)(?: by \(([^)]*)\))? ?\(")
_SELECTOR: Final = re.compile(r"\{[^{}]*\}")
_EQUALS: Final = re.compile(r"\b(\w+)=%q,? ?")
_BEYOND: Final = re.compile(
    r"\b(without|ignoring|topk|bottomk|sort\w*|quantile|count_values)\b|!=%q"
)
_OPENING: Final = frozenset({"if", "with", "range", "define", "block"})
_NUMBER: Final = ". | first | value"
_LEFT_OUT: Final = "\0"


@dataclass(slots=True)
class _Block:
    """An action that ends with `end`, and what is within."""

    head: str
    body: list[_Block | str] = field(default_factory=list)
    other: list[_Block | str] | None = None  # from `else` on, the action included


class Lookups:
    """The extra queries of a rule: expression to number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, expression: str) -> int:
        """Return the number of a query, the same for the same one."""
        return self.numbers.setdefault(expression, len(self.numbers) + 1)


def annotation(text: str, lookups: Lookups, *, sentences: bool) -> str:
    """Return an annotation as Grafana expands it; empty where nothing of it can be said.

    Args:
        text: the annotation in Prometheus' words.
        lookups: collects what it looks up.
        sentences: whether a sentence goes whole when a part of it has to.
    """
    said = "".join(_said(part, lookups) for part in _parsed(text))
    said = re.sub(r"\$value\b", "$values.B.Value", said).replace("urlQueryEscape", "urlquery")
    return _tidy(said if sentences else said.replace(_LEFT_OUT, ""))


def _tidy(said: str) -> str:
    """Return whole sentences: what was left out takes the sentence along that it was part of."""
    actions: list[str] = []

    def kept(found: re.Match[str]) -> str:
        actions.append(found[0])
        return f"\x01{len(actions) - 1}\x02"

    plain = re.sub(r"\s+", " ", _ACTION.sub(kept, said)).strip()
    # A sentence of its own: another one follows, or nothing.
    plain = re.sub(rf"(^|[.!?]) ?{_LEFT_OUT}(?= [A-Z\x01]|$)", r"\1", plain)
    sentences = [
        "" if _LEFT_OUT in one and _closed(one, actions) else one.replace(_LEFT_OUT, "")
        for one in re.split(r"(?<=[.!?]) ", plain)
    ]
    plain = re.sub(r"\s+", " ", " ".join(sentences)).strip()
    return re.sub(r"\x01(\d+)\x02", lambda found: actions[int(found[1])], plain)


def _closed(sentence: str, actions: list[str]) -> bool:
    """Return whether every block of a sentence begins and ends in it."""
    depth = 0
    for number in re.findall(r"\x01(\d+)\x02", sentence):
        word = _word(actions[int(number)].strip("{} "))
        depth += (word in _OPENING) - (word == "end")
        if depth < 0 or (word == "else" and not depth):
            return False
    return not depth


def _word(action: str) -> str:
    return action.split(" ", 1)[0]


def _parsed(text: str) -> list[_Block | str]:
    """Return the text as a tree of its blocks, without the white space that actions trim."""
    text = re.sub(r"\s*\{\{-", "{{", re.sub(r"-\}\}\s*", "}}", text))
    top: list[_Block | str] = []
    stack: list[_Block] = []
    into, end = top, 0
    for found in _ACTION.finditer(text):
        into.append(text[end : found.start()])
        end = found.end()
        word = _word(found[1])
        if word in _OPENING:
            stack.append(_Block(found[1]))
            into.append(stack[-1])
            into = stack[-1].body
        elif word == "else":
            into = stack[-1].other = [_action(found[1])]
        elif word == "end":
            stack.pop()
            into = top if not stack else stack[-1].other or stack[-1].body
        else:
            into.append(_action(found[1]))
    top.append(text[end:])
    return top


def _action(content: str) -> str:
    return f"{{{{ {content} }}}}"


def _said(part: _Block | str, lookups: Lookups) -> str:
    """Return a part of the text; nothing for a block that Grafana cannot know."""
    if isinstance(part, str):
        return _LEFT_OUT if "query " in part else part
    head = part.head
    if "query " in head:
        found = _LOOKUP.fullmatch(head)
        expression = _for_all(found[1], found[2].split()) if found else None
        if expression is None or not _one_number(part.body):
            return "" if _whole(part.body) else _LEFT_OUT
        head = f"with $values.V{lookups.number(expression)}"
        part = _Block(head, [_of_value(one) for one in part.body], part.other)
    within = "".join(_said(one, lookups) for one in part.body)
    other = "".join(_said(one, lookups) for one in part.other or ())
    return f"{_action(head)}{within}{other}{_action('end')}"


def _whole(body: list[_Block | str]) -> bool:
    """Return whether a block is a sentence of its own, which nothing around it misses."""
    first, last = body[0], body[-1]
    return str(first).startswith(" ") and isinstance(last, str) and last.endswith(".")


def _one_number(body: list[_Block | str]) -> bool:
    """Return whether the words use the look-up's one number and nothing else of it."""
    used = [one.head if isinstance(one, _Block) else one for one in body]
    listed = any(isinstance(one, _Block) and one.head.startswith("range") for one in body)
    return any(_NUMBER in one for one in used) and not listed and "Labels" not in "".join(used)


def _of_value(one: _Block | str) -> _Block | str:
    if isinstance(one, str):
        return one.replace(_NUMBER, ".Value")
    head = one.head.replace(_NUMBER, ".Value")
    if head.startswith(("with query", "range")):
        return one
    # Within `with` the dot is another; within `if` it is the look-up still.
    inner = one.body if head.startswith("with") else [_of_value(each) for each in one.body]
    other = one.other and [_of_value(each) for each in one.other]
    return _Block(head, inner, other)


def _for_all(query: str, arguments: list[str]) -> str | None:
    """Return a look-up for all alerts at once, or None where there is none.

    The labels that it asks for are the alert's own. Asked for by aggregation instead of by value,
    each series belongs to the alert with its labels.
    """
    expression = query.replace('\\"', '"').replace("\\\\", "\\").replace("%%", "%")
    asked = [set(_EQUALS.findall(selector)) for selector in _SELECTOR.findall(expression)]
    asked = [labels for labels in asked if labels]
    labels = sorted(set().union(*asked))
    wanted = [f"$labels.{label}" for label in _EQUALS.findall(expression)]
    if _BEYOND.search(expression) or wanted != arguments or expression.count("%q") != len(wanted):
        return None
    if re.search(r"\bon \([^)]*\)(?! group_)", expression) and any(
        one != asked[0] for one in asked
    ):
        return None
    expression = _aggregated(expression, labels)
    expression = re.sub(
        r"\bon \(([^)]*)\)(?! group_)",
        lambda found: f"on ({_joined(found[1], labels)})",
        expression,
    )
    expression = _EQUALS.sub("", expression).replace("{}", "").replace(",}", "}")
    return f"max by ({', '.join(labels)}) ({expression}) or {NOTHING}"


def _aggregated(expression: str, labels: list[str]) -> str:
    """Return an expression whose aggregations keep the labels, where they have them."""
    out, end = [], 0
    for found in _AGGREGATION.finditer(expression):
        if "%q" in expression[found.end() : _close(expression, found.end())]:
            out.append(expression[end : found.start()])
            out.append(f"{found[1]} by ({_joined(found[2] or '', labels)}) (")
            end = found.end()
    return "".join((*out, expression[end:]))


def _close(expression: str, start: int) -> int:
    """Return where the bracket closes that was opened before a position."""
    depth = 1
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[()]', expression[start:]):
        depth += (found[0] == "(") - (found[0] == ")")
        if not depth:
            return start + found.start()
    return len(expression)


def _joined(there: str, labels: list[str]) -> str:
    names = [name.strip() for name in there.split(",") if name.strip()]
    return ", ".join(dict.fromkeys((*names, *labels)))

"""Giving: values drawn for arguments, and the ways in which a document may say them: literals, variables, defaults, null, nothing.

What is drawn is taken without an error, but for at most one fault an operation, where faults are wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_argument,
)
from hypothesis import strategies as st

from resolvers.reports.question import Dimension
from tests.resolvers.plan import holding

_DIMENSIONS = [each.name for each in Dimension]
PAGING = frozenset({"first", "last", "after", "before", "orderBy"})
Texts = dict[str, str]
"""Arguments as a document writes them, by name."""


class Enumerated(str):
    """A value of an enumeration, which is written without quotes."""


@dataclass
class Giving:
    """One operation while it is drawn: its variables, and what is wrong with it."""

    draw: Any
    faults: bool
    """Whether something may yet be wrong."""
    fault: bool = False
    """Whether something is."""
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    names: int = 0

    def one_in(self, times: int) -> bool:
        return bool(self.draw(st.integers(1, times)) == times)

    def pick(self, choices: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(choices))

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def amiss(self, times: int) -> bool:
        """Whether what is drawn now is to be the one thing that is wrong: one in so many of those that may be."""
        if not self.faults or not self.one_in(times):
            return False
        self.faults, self.fault = False, True
        return True

    # --- which arguments --------------------------------------------------------------------------------------------------------

    def arguments(self, definition: GraphQLField) -> str:
        given = self.page(definition) if "first" in definition.args else self.named(definition)
        return f"({', '.join(f'{name}: {text}' for name, text in given.items())})" if given else ""

    def page(self, definition: GraphQLField) -> Texts:
        """A page of a list, its order, its filter."""
        types = {name: each.type for name, each in definition.args.items()}
        size = self.pick([0, -1, 101, None]) if self.amiss(5) else self.draw(st.integers(1, 4))
        sizes = {self.pick(["first", "first", "last"]): size}
        if self.amiss(8):
            sizes = {"first": 1, "last": 1}
        given = {name: self.said(each, types[name]) for name, each in sizes.items()}
        order = self.value(types["orderBy"], "orderBy") if "orderBy" in types and self.one_in(3) else None
        for name in ("after", "before"):
            if self.one_in(4):
                given[name] = self.written(self.cursor(definition, order), types[name])
        if order is not None:
            given["orderBy"] = self.said(order, types["orderBy"])
        elif "orderBy" in types and self.one_in(6):
            given["orderBy"] = self.nothing(types["orderBy"])
        for name in types.keys() - PAGING:
            if self.one_in(2):
                given[name] = self.written(self.value(types[name], name), types[name])
        return given

    def cursor(self, definition: GraphQLField, order: dict[str, str] | None) -> str | None:
        """A cursor of the list in this order; one of another list or order, or none at all, where it may be wrong."""
        of = get_named_type(definition.type).name
        if self.amiss(3):
            return str(self.pick(holding.wrong_cursors(of)))
        return self.pick(holding.cursors(of, order) or [None])  # type: ignore[no-any-return]  # what it picks of

    def named(self, definition: GraphQLField) -> Texts:
        """What a field needs that is no list; of several that name one row by turns, one."""
        if definition.args and not any(is_required_argument(each) for each in definition.args.values()):
            return self.by_turns(definition)
        given = {}
        for name, argument in definition.args.items():
            refused = holding.refused(get_named_type(argument.type).name, name)
            value = self.pick(refused) if refused and self.amiss(2) else self.value(argument.type, name)
            given[name] = self.said(value, argument.type)
        return given

    def by_turns(self, definition: GraphQLField) -> Texts:
        types = {name: each.type for name, each in definition.args.items()}
        names = [name for name in types if name != "domain"]
        chosen = self.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)) if self.amiss(3) else [self.pick(names)]
        given = {name: self.said(self.value(types[name], name), types[name]) for name in chosen}
        given |= {name: "null" for name in names if name not in given and self.one_in(6)}
        if "domain" in types and (chosen == ["key"] and self.one_in(2)):
            given["domain"] = self.written(self.pick(["*", "go.example.com", "", None]), types["domain"])
        return given

    # --- values -----------------------------------------------------------------------------------------------------------------

    def value(self, type_: Any, name: str) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, name)
        if isinstance(type_, GraphQLList):
            if self.one_in(6):
                return self.value(type_.of_type, name)  # stands for a list of one
            return [self.value(type_.of_type, name) for _ in range(self.draw(st.integers(0, 3)))]
        if isinstance(type_, GraphQLEnumType):
            return self.pick([Enumerated(each) for each in type_.values])
        if isinstance(type_, GraphQLInputObjectType):
            return self.report(type_) if type_.name == "ReportInput" else self.input(type_)
        return self.pick(holding.values(type_.name, name))

    def input(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        required = {name for name, each in type_.fields.items() if isinstance(each.type, GraphQLNonNull)}
        chosen = required | set(self.draw(st.lists(st.sampled_from(sorted(type_.fields)), max_size=2)))
        return {
            name: None if name not in required and self.one_in(8) else self.value(each.type, name)
            for name, each in type_.fields.items()
            if name in chosen
        }

    def report(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        """A report's input: of two moments or two days; where it may be wrong, one of them is missing or before the other, or the like."""
        names, ends = self.pick([(("from", "to"), holding.MOMENTS), (("firstDay", "lastDay"), holding.DAYS)])
        first = self.draw(st.integers(0, len(ends) - 2))
        chosen: dict[str, Any] = dict(zip(names, (ends[first], self.pick(ends[first + 1 :])), strict=True))
        groups = self.draw(st.lists(st.sampled_from(sorted(_DIMENSIONS)), max_size=3, unique=True))
        chosen |= {"groupBy": [Enumerated(each) for each in groups], "limit": self.draw(st.integers(1, 4))}
        for name in ("filter", "orderBy", "interval"):
            if self.one_in(2):
                chosen[name] = self.value(type_.fields[name].type, name)
        if self.one_in(3):
            chosen["extras"] = self.value(type_.fields["extras"].type, "extras")
        if self.amiss(2):
            twice = [Enumerated("LINK"), Enumerated("LINK")]
            backwards = {names[0]: ends[first + 1], names[1]: ends[0]}
            chosen |= self.pick([{names[0]: None}, backwards, {"limit": 0}, {"groupBy": twice}])
        return chosen

    # --- how a document says them -----------------------------------------------------------------------------------------------

    def written(self, value: Any, type_: Any) -> str:
        """A value that may as well be missing."""
        return self.nothing(type_) if not isinstance(type_, GraphQLNonNull) and self.one_in(8) else self.said(value, type_)

    def nothing(self, type_: Any) -> str:
        """Null, or a variable that nobody gives, or one that is null, by its default or by what is given."""
        match self.draw(st.integers(0, 3)):
            case 0:
                return "null"
            case 1:
                return self.variable(type_)
            case 2:
                return self.variable(type_, " = null")
        return self.variable(type_, given={"": None})

    def said(self, value: Any, type_: Any) -> str:
        """A value as a literal, a variable, or a literal that holds variables."""
        if not self.one_in(3):
            return self.literal(value, type_)
        if self.one_in(6):
            return self.variable(type_, f" = {literal(value)}")  # and nobody gives it
        return self.variable(type_, " = null" if not isinstance(type_, GraphQLNonNull) and self.one_in(6) else "", {"": value})

    def literal(self, value: Any, type_: Any) -> str:
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(value, dict):
            return "{" + ", ".join(f"{name}: {self.within(each, inner.fields[name].type)}" for name, each in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.within(each, inner.of_type) for each in value) + "]"
        return literal(value)

    def within(self, value: Any, type_: Any) -> str:
        """A value inside another: a variable, now and then."""
        return self.variable(type_, given={"": value}) if self.one_in(8) else self.literal(value, type_)

    def variable(self, type_: Any, default: str = "", given: dict[str, Any] | None = None) -> str:
        name = self.fresh("v")
        self.declared.append(f"${name}: {type_}{default}")
        if given is not None:
            self.variables[name] = plain(given[""])
        return f"${name}"


def literal(value: Any) -> str:
    """A value as a document writes it."""
    if isinstance(value, Enumerated):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\u0000").replace("\ud800", "\\u0000") + '"'
    return {None: "null", True: "true", False: "false"}.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else str(value) if isinstance(value, Enumerated) else value

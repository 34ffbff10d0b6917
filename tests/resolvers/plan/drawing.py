"""Operations drawn at random from the schema itself: fields, arguments, aliases, fragments, directives, variables, faults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from hypothesis import strategies as st

from resolvers.reports.question import Dimension
from schema.build import schema
from tests.resolvers.plan import holding

TYPES = schema._schema.type_map
QUERY = schema._schema.query_type
assert QUERY is not None
Allowed = Callable[[GraphQLObjectType, str], bool]
_DIMENSIONS = [each.name for each in Dimension]
CURSORED = frozenset({"after", "before"})


@dataclass(frozen=True)
class Drawn:
    """An operation and its variables."""

    text: str
    variables: dict[str, Any]

    def __repr__(self) -> str:
        return f"{self.text}\n{self.variables!r}"


@dataclass
class Drawing:
    """One operation while it is drawn."""

    draw: Any
    allowed: Allowed
    faults: bool
    """Whether arguments may be wrong."""
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    budget: int = 30
    """Fields that are left to draw."""
    names: int = 0

    def operation(self) -> Drawn:
        self.faults = self.faults and self.one_in(5)  # most operations are to be answered by a plan
        for name in ("yes", "no"):
            if self.one_in(2):
                self.variables[name] = name == "yes"
        body = self.selection(QUERY, 4)
        declared = ["$yes: Boolean! = true", "$no: Boolean! = false", *self.declared]
        both = "deciding: __typename @include(if: $yes) @skip(if: $no)"
        return Drawn("\n".join([f"query Drawn({', '.join(declared)}) {{ {both} ... on Query {body} }}", *self.fragments]), self.variables)

    def shown(self, kind: str, row: str, root: str) -> Drawn:
        """A mutation or a subscription that shows a row of the type `row`; what is drawn of it goes where `root` has %s."""
        self.variables |= {"yes": True, "no": False}
        body = root % f"{{ deciding: __typename @include(if: $yes) @skip(if: $no) ... on {row} {self.selection(TYPES[row], 4)} }}"
        declared = ["$yes: Boolean!", "$no: Boolean!", *self.declared]
        return Drawn("\n".join([f"{kind} Drawn({', '.join(declared)}) {{ {body} }}", *self.fragments]), self.variables)

    def one_in(self, times: int) -> bool:
        return bool(self.draw(st.integers(1, times)) == times)

    def pick(self, choices: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(choices))

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # --- selections -------------------------------------------------------------------------------------------------------------

    def selection(self, parent: Any, depth: int) -> str:
        wanted = self.draw(st.integers(1, 4))
        parts = [part for _ in range(wanted) if (part := self.part(parent, depth))]
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def part(self, parent: Any, depth: int) -> str:
        kind = self.draw(st.integers(0, 11))
        if kind == 0 or self.budget <= 0:
            return str(self.pick(["__typename", "typed: __typename"]))
        if kind == 1 and depth > 1:
            return f"... {self.condition(parent)} {self.directive()} {self.selection(parent, depth - 1)}"
        if kind == 2 and depth > 1:
            name = self.fresh("F")
            self.fragments.append(f"fragment {name} on {parent.name} {self.selection(parent, depth - 1)}")
            return f"...{name} {self.directive()} ...{name}"
        if isinstance(parent, GraphQLInterfaceType):
            return self.narrowed(parent, depth)
        return self.field(parent, depth)

    def narrowed(self, parent: GraphQLInterfaceType, depth: int) -> str:
        types = [each for each in schema._schema.get_possible_types(parent) if self.allowed(each, "id")]
        return str(self.pick(["id", f"... on {(kind := self.pick(types)).name} {self.selection(kind, depth)}"]))

    def condition(self, parent: Any) -> str:
        nodes = [parent.name, *(["Node"] if "Node" in map(str, getattr(parent, "interfaces", ())) else [])]
        return self.pick(["", f"on {parent.name}"]) if len(nodes) < 2 or isinstance(parent, GraphQLInterfaceType) else f"on {parent.name}"

    def directive(self) -> str:
        given = self.pick(["$yes", "$no", "true", "false"])
        return str(self.pick([*[""] * 9, f"@include(if: {given})", f"@skip(if: {given})"]))

    def field(self, parent: GraphQLObjectType, depth: int) -> str:
        def fits(each: GraphQLField) -> bool:
            return is_leaf_type(get_named_type(each.type)) or depth > 0

        names = [name for name, each in parent.fields.items() if fits(each) and self.allowed(parent, name)]
        if not names:
            return "__typename"
        self.budget -= 1
        name = self.pick(names)
        definition = parent.fields[name]
        inner = get_named_type(definition.type)
        arguments = self.arguments(definition)
        alias = f"{self.fresh('a')}: " if arguments or (is_leaf_type(inner) and self.one_in(6)) else ""
        paged = parent.name.endswith(("Connection", "Edge"))
        beneath = "" if is_leaf_type(inner) else self.selection(inner, depth if paged else depth - 1)
        return f"{alias}{name}{arguments} {self.directive()} {beneath}"

    # --- arguments --------------------------------------------------------------------------------------------------------------

    def arguments(self, definition: GraphQLField) -> str:
        chosen = dict(self.page(definition)) if "first" in definition.args else {}
        for name, argument in definition.args.items():
            if name not in chosen and name not in {"first", "last", *CURSORED} and (is_required_argument(argument) or self.one_in(2)):
                chosen[name] = self.value(argument.type, name)
        parts = [f"{name}: {self.written(value, definition.args[name])}" for name, value in chosen.items()]
        return f"({', '.join(parts)})" if parts else ""

    def page(self, definition: GraphQLField) -> Any:
        size = self.draw(st.integers(1, 4)) if not self.faults or not self.one_in(12) else self.pick([0, -1, 101, None])
        yield self.pick(["first", "first", "last"]), size
        if self.faults and self.one_in(25):
            yield "last", 1
        for name in ("after", "before"):
            if self.one_in(4):
                yield name, self.pick(holding.cursors(get_named_type(definition.type).name, wrong=self.faults))

    def value(self, type_: Any, name: str) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, name)
        if isinstance(type_, GraphQLList):
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
        """A report's input: of two moments or two days, of which one may be missing or before the other."""
        names, ends = self.pick([(("from", "to"), holding.MOMENTS), (("firstDay", "lastDay"), holding.DAYS)])
        first = self.draw(st.integers(0, len(ends) - 2))
        chosen: dict[str, Any] = dict(zip(names, (ends[first], self.pick(ends[first + 1 :])), strict=True))
        if self.faults and self.one_in(8):
            chosen |= self.pick([{names[0]: None}, {names[1]: ends[0]}, {"limit": 0}, {"from": ends[0]}, {"groupBy": ["LINK", "LINK"]}])
        groups = self.draw(st.lists(st.sampled_from(sorted(_DIMENSIONS)), max_size=3, unique=True))
        chosen.setdefault("groupBy", [Enumerated(each) for each in groups])
        for name in ("filter", "orderBy", "interval"):
            if self.one_in(2):
                chosen[name] = self.value(type_.fields[name].type, name)
        if self.one_in(3):
            chosen["extras"] = self.value(type_.fields["extras"].type, "extras")
        chosen.setdefault("limit", self.draw(st.integers(1, 4)))
        return {name: [Enumerated(each) for each in value] if name == "groupBy" else value for name, value in chosen.items()}

    def written(self, value: Any, argument: GraphQLArgument) -> str:
        if not self.one_in(3):
            return literal(value)
        name = self.fresh("v")
        default = (
            f" = {literal(self.value(argument.type, name))}" if self.one_in(6) and not isinstance(argument.type, GraphQLNonNull) else ""
        )
        self.declared.append(f"${name}: {argument.type}{default}")
        if not default or self.one_in(2):
            self.variables[name] = plain(value)
        return f"${name}"


class Enumerated(str):
    """A value of an enumeration, which is written without quotes."""


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


def everything(parent: GraphQLObjectType, name: str) -> bool:
    return True


@st.composite
def operations(draw: Any, *, allowed: Allowed = everything, faults: bool = True) -> Drawn:
    return Drawing(draw, allowed, faults).operation()


@st.composite
def showing(draw: Any, kind: str, roots: Sequence[tuple[str, str]], *, faults: bool = True) -> Drawn:
    """One of these mutations or subscriptions, each with the type of the row that it shows."""
    return Drawing(draw, everything, faults).shown(kind, *draw(st.sampled_from(roots)))

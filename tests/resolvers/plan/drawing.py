"""Operations drawn at random from the schema itself: fields, aliases, fragments, directives, and what `giving` gives to arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type
from hypothesis import strategies as st

from schema.build import schema
from tests.resolvers.plan.giving import Giving

TYPES = schema._schema.type_map
QUERY = schema._schema.query_type
assert QUERY is not None
NODE = TYPES["Node"]
Allowed = Callable[[GraphQLObjectType, str], bool]


def everything(parent: GraphQLObjectType, name: str) -> bool:
    return True


@dataclass(frozen=True)
class Drawn:
    """An operation and its variables."""

    text: str
    variables: dict[str, Any]
    fault: bool = True
    """Whether an argument may be one that cannot be taken: without, there is no error."""

    def __repr__(self) -> str:
        return f"{self.text}\n{self.variables!r}"


@dataclass
class Drawing(Giving):
    """One operation while it is drawn."""

    allowed: Allowed = everything
    fragments: list[str] = field(default_factory=list)
    budget: int = 30
    """Fields that are left to draw."""
    unlike: bool = False
    """Whether rows of other types may have their fields beside these: two of one name need not be of one type."""

    def operation(self) -> Drawn:
        self.faults = self.faults and self.one_in(2)  # most are to be answered with data
        for name in ("yes", "no"):
            if self.one_in(2):
                self.variables[name] = name == "yes"
        body = self.selection(QUERY, 4)
        declared = ["$yes: Boolean! = true", "$no: Boolean! = false", *self.declared]
        both = "deciding: __typename @include(if: $yes) @skip(if: $no)"
        return self.drawn(f"query Drawn({', '.join(declared)}) {{ {both} ... on Query {body} }}")

    def shown(self, kind: str, row: str, root: str) -> Drawn:
        """A mutation or a subscription that shows a row of the type `row`; what is drawn of it goes where `root` has %s."""
        self.variables |= {"yes": True, "no": False}
        body = root % f"{{ deciding: __typename @include(if: $yes) @skip(if: $no) ... on {row} {self.selection(TYPES[row], 4)} }}"
        declared = ["$yes: Boolean!", "$no: Boolean!", *self.declared]
        return self.drawn(f"{kind} Drawn({', '.join(declared)}) {{ {body} }}")

    def drawn(self, operation: str) -> Drawn:
        return Drawn("\n".join([operation, *self.fragments]), self.variables, self.fault)

    def selection(self, parent: Any, depth: int) -> str:
        wanted = self.draw(st.integers(1, 4))
        parts = [part for _ in range(wanted) if (part := self.part(parent, depth))]
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def part(self, parent: Any, depth: int) -> str:
        kind = self.draw(st.integers(0, 11))
        if kind == 0 or self.budget <= 0:
            return str(self.pick(["__typename", "typed: __typename"]))
        if kind == 1 and depth > 1:
            return self.inline(parent, depth - 1)
        if kind == 2 and depth > 1:
            name = self.fresh("F")
            self.fragments.append(f"fragment {name} on {parent.name} {self.selection(parent, depth - 1)}")
            return f"...{name} {self.directive()} ...{name}"
        if isinstance(parent, GraphQLInterfaceType):
            return self.narrowed(parent, depth)
        return self.field(parent, depth)

    def inline(self, parent: Any, depth: int) -> str:
        """A fragment within a selection: of the same type, said or not, or of the interface that the type has."""
        wider = [NODE] if NODE in getattr(parent, "interfaces", ()) else []
        kind = self.pick([None, parent, *wider])
        on = "" if kind is None else f"on {kind.name}"
        return f"... {on} {self.directive()} {self.selection(kind or parent, depth)}"

    def narrowed(self, parent: GraphQLInterfaceType, depth: int) -> str:
        if self.one_in(2):
            return "id"
        kind = self.pick([each for each in schema._schema.get_possible_types(parent) if self.allowed(each, "id")])
        before, self.unlike = self.unlike, True
        selected = self.selection(kind, depth)
        self.unlike = before
        return f"... on {kind.name} {selected}"

    def directive(self) -> str:
        given = self.pick(["$yes", "$no", "true", "false"])
        return str(self.pick([*[""] * 9, f"@include(if: {given})", f"@skip(if: {given})"]))

    def field(self, parent: GraphQLObjectType, depth: int) -> str:
        def fits(each: GraphQLField) -> bool:
            return is_leaf_type(get_named_type(each.type)) or depth > 0

        names = [name for name, each in parent.fields.items() if fits(each) and self.allowed(parent, name)]
        if not names:
            return "__typename"
        name = self.pick(names)
        self.budget -= 10 if name == "report" else 1  # a report may cost more than half of what an operation may
        arguments = self.arguments(parent.fields[name])
        alias = f"{self.fresh('a')}: " if arguments or self.unlike or self.one_in(6) else ""
        return self.asked(parent, name, f"{alias}{name}{arguments}", depth)

    def asked(self, parent: GraphQLObjectType, name: str, head: str, depth: int) -> str:
        """A field with what is beneath it, said at once, or in two parts that are one field."""
        inner, paged = get_named_type(parent.fields[name].type), parent.name.endswith(("Connection", "Edge"))
        before, self.unlike, parts = self.unlike, False, []
        for _ in range(2 if self.one_in(8) else 1):
            beneath = "" if is_leaf_type(inner) else self.selection(inner, depth if paged else depth - 1)
            parts.append(f"{head} {self.directive()} {beneath}")
        self.unlike = before
        return " ".join(parts)


@st.composite
def operations(draw: Any, *, allowed: Allowed = everything, faults: bool = True) -> Drawn:
    return Drawing(draw, faults, allowed=allowed).operation()


@st.composite
def showing(draw: Any, kind: str, roots: Sequence[tuple[str, str]], *, faults: bool = True) -> Drawn:
    """One of these mutations or subscriptions, each with the type of the row that it shows."""
    drawing = Drawing(draw, faults)
    drawing.faults = faults and drawing.one_in(2)
    return drawing.shown(kind, *draw(st.sampled_from(roots)))

"""The sweep: one small operation for each thing that an argument of a query may be given, drawn from the schema itself.

Each argument, and each field of each input object beneath it, is given values as literals, by a variable, as null, by a variable that
nobody gives and by one whose default is null. So a new filter is compared before anybody remembers to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from resolvers.entities import NODES
from tests.resolvers.plan import holding
from tests.resolvers.plan.drawing import TYPES, Drawn
from tests.resolvers.plan.giving import Enumerated, literal, plain
from tests.schema.walking import QUERY, beneath, selected, types

SPAN = {"from": f'from: "{holding.MOMENTS[0]}"', "to": f'to: "{holding.MOMENTS[-1]}"'}
DAYS = {"firstDay": f'firstDay: "{holding.DAYS[0]}"', "lastDay": f'lastDay: "{holding.DAYS[-1]}"'}
LEAVES = 2
"""Values of one leaf that are tried at most, but for ids."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One operation, and what of the schema it is there for: `Query.sales(filter.currency.eq)`."""

    of: str
    drawn: Drawn


@dataclass(frozen=True, slots=True)
class _Shape:
    """A value with one place for a leaf, the leaf's type, and what may stand there."""

    path: tuple[str, ...]
    text: str
    leaf: Any
    values: list[Any]


WITHIN = {"Journey": ("Sale", "journey")}
"""Types without an id that have fields with arguments: the type and the field that they stand beneath."""


def walks() -> Iterator[Drawn]:
    """Every field, whether it has arguments or not: from the top with what must be given, and of rows by their ids."""
    for name, field in QUERY.fields.items():
        given = _given(field, "")
        if field.args and not given:  # one of several, by turns
            given = [f'id: "{_ids(get_named_type(field.type))[0]}"']
        arguments = f"({', '.join(given)})" if given else ""
        yield Drawn(f"{{ {name}{arguments} {selected(field, 3 if name == 'report' else 1)} }}", {})
    for kind in types():
        for list_, other in zip(beneath(kind, 2), beneath(kind, 3), strict=True):
            each = list_ if "(first:" in list_.partition("{")[0] else other  # as deep as the limits of documents allow
            yield Drawn(f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind.name} {{ {each} }} }} }}", {"ids": _ids(kind)})


def askings() -> Iterator[Asking]:
    """Each argument of each field, in each form."""
    for parent in (QUERY, *types(), *map(_type, WITHIN)):
        for name, field in parent.fields.items():
            for argument, each in field.args.items():
                for shape in _shapes(each.type, argument, field):
                    of = f"{parent.name}.{name}({'.'.join((argument, *shape.path))})"
                    for drawn in _forms(parent, name, field, argument, shape):
                        yield Asking(of, drawn)


def _type(name: str) -> GraphQLObjectType:
    found = TYPES[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def _shapes(type_: Any, name: str, field: GraphQLField) -> Iterator[_Shape]:
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if not isinstance(inner, GraphQLInputObjectType):
        yield _Shape((), "%s", type_, _leaves(inner, name, field))
        return
    for each, held in inner.fields.items():
        beside = _beside(inner, each, field)
        for shape in _shapes(held.type, each, field):
            text = "{" + ", ".join([f"{each}: {shape.text}", *beside]) + "}"
            yield _Shape((each, *shape.path), text, shape.leaf, shape.values)


def _beside(type_: GraphQLInputObjectType, one: str, field: GraphQLField) -> list[str]:
    """What else an input object must have. A report has two ends of one kind."""
    ends = DAYS if one in DAYS else SPAN
    found = [text for name, text in ends.items() if name != one] if type_.name == "ReportInput" else []
    for name, each in type_.fields.items():
        if isinstance(each.type, GraphQLNonNull) and name != one and name not in ends:
            found.append(f"{name}: {literal(_leaves(each.type.of_type, name, field)[0])}")
    return found


def _leaves(type_: Any, name: str, field: GraphQLField) -> list[Any]:
    if isinstance(type_, GraphQLNonNull):
        return _leaves(type_.of_type, name, field)
    if isinstance(type_, GraphQLList):
        each = _leaves(type_.of_type, name, field)
        return [each[:1], [], each[:2], each[0]]  # a value alone stands for a list of one
    if isinstance(type_, GraphQLEnumType):
        return [Enumerated(each) for each in type_.values]
    if name in {"after", "before"}:
        of = get_named_type(field.type).name
        return [*holding.cursors(of), *holding.wrong_cursors(of)]
    if name in SPAN or name in DAYS:
        return [text.partition('"')[2].rstrip('"') for text in ((SPAN | DAYS)[name],)]
    return holding.values(type_.name, name)


def _forms(parent: GraphQLObjectType, name: str, field: GraphQLField, argument: str, shape: _Shape) -> Iterator[Drawn]:
    def asked(leaf: str, declared: str = "", variables: dict[str, Any] | None = None) -> Drawn:
        given = [f"{argument}: {shape.text.replace('%s', leaf)}", *_given(field, argument)]
        return _operation(parent, f"{name}({', '.join(given)}) {_selection(field)}", declared, variables or {})

    tried = None if argument == "id" else LEAVES if parent is QUERY else 1
    values, nullable = shape.values[:tried], not isinstance(shape.leaf, GraphQLNonNull)
    for value in values:
        yield asked(literal(value))
    yield asked("$v", f"$v: {shape.leaf}", {"v": plain(values[0])})
    yield asked("$v", f"$v: {shape.leaf} = {literal(values[0])}")
    if nullable:
        yield asked("null")
        yield asked("$v", f"$v: {shape.leaf}")
        yield asked("$v", f"$v: {shape.leaf} = null")


def _given(field: GraphQLField, argument: str) -> list[str]:
    """A page where it has pages, and what must be given."""
    found = ["first: 3"] if "first" in field.args and argument not in {"first", "last"} else []
    found += ['key: "spring"'] if argument == "domain" else []
    for name, each in field.args.items():
        if is_required_argument(each) and name != argument:
            found.append(f"{name}: {_required(each, name, field)}")
    return found


def _required(argument: GraphQLArgument, name: str, field: GraphQLField) -> str:
    if get_named_type(argument.type).name == "ReportInput":
        return "{" + ", ".join([*SPAN.values(), "groupBy: [LINK, COUNTRY], interval: DAY, extras: [VISITORS, MEDIAN_NET]"]) + "}"
    return literal(_leaves(argument.type, name, field)[0])


def _selection(field: GraphQLField) -> str:
    inner = get_named_type(field.type)
    if is_leaf_type(inner):
        return ""
    names = getattr(inner, "fields", {})
    if "pageInfo" in names:
        key = "id" if "id" in get_named_type(names["nodes"].type).fields else "at"
        total = "totalCount" if "totalCount" in names else ""
        return f"{{ {total} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} edges {{ cursor node {{ {key} }} }} }}"
    if inner.name == "Diagnosis":
        return "{ asked kind complete findings { code text } sale { id } customer { id } click { id } }"
    if inner.name == "Report":
        return "{ rows { clicks sales net { amount } } }"
    return (
        "{ id }"
        if "id" in names
        else "{ " + " ".join(each for each, held in names.items() if is_leaf_type(get_named_type(held.type))) + " }"
    )


def _operation(parent: GraphQLObjectType, asked: str, declared: str, variables: dict[str, Any]) -> Drawn:
    if parent is QUERY:
        return Drawn(f"query Sweep{f'({declared})' if declared else ''} {{ {asked} }}", variables)
    kind, holder = WITHIN.get(parent.name, (parent.name, ""))
    within = f"{holder} {{ {asked} }}" if holder else asked
    return Drawn(
        f"query Sweep($ids: [ID!]!{f', {declared}' if declared else ''}) {{ nodes(ids: $ids) {{ ... on {kind} {{ {within} }} }} }}",
        {"ids": _ids(TYPES[kind]), **variables},
    )


def _ids(kind: Any) -> list[str]:
    """Ids of some of this type's rows."""
    return [each for each in holding.IDS if each not in holding.WRONG and NODES[each.partition("_")[0]].name == kind.name][:3]

"""Documents: parsed, measured and validated once for each text, and kept while they are in use."""

import re
from collections import OrderedDict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    MaxIntrospectionDepthRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.limits import LIMITS, Limits, check, too_complex

_INTROSPECTION = re.compile(r"__(?:schema|type)\b")
RULES = (*specified_rules, MaxIntrospectionDepthRule, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, and what validation has against it."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    introspects: bool = False
    """Whether it may ask for the schema itself."""
    made: dict[str | None, Any] = field(default_factory=dict, compare=False)
    """What was made of its operations, by name: kept for as long as the document is."""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, or the only one; None where that names none."""
        found = [
            each
            for each in self.document.definitions
            if isinstance(each, OperationDefinitionNode) and (name is None or (each.name is not None and each.name.value == name))
        ]
        return found[0] if len(found) == 1 else None


class Documents:
    """The latest texts and what was made of them. What was refused is not, but for the next asking: one request asks twice.

    `registered`, where it is given, holds every text that may run.
    """

    def __init__(
        self, schema: GraphQLSchema, *, limits: Limits = LIMITS, size: int = 1_000, registered: AbstractSet[str] | None = None
    ) -> None:
        self._schema, self.limits, self._size, self._registered = schema, limits, size, registered
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._refused: tuple[tuple[str, bool], Prepared] | None = None

    def prepared(self, text: str, *, curious: bool = True) -> Prepared:
        """`curious`: whether the caller may ask for the schema, and so may be told what a wrong name could have been.

        Raises:
            GraphQLError: the text does not parse, is over a limit, asks what the caller may not, or is not registered.
        """
        made = self._found(text, curious=curious)
        if made.introspects and not curious:
            raise GraphQLError("a key needs the scope read to ask for the schema", extensions={"code": "FORBIDDEN"})
        return made

    def _found(self, text: str, *, curious: bool) -> Prepared:
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        refused, self._refused = self._refused, None
        if refused is not None and refused[0] == (text, curious):
            return refused[1]
        made = self._prepare(text, curious=curious)
        if made.errors:
            self._refused = (text, curious), made
        else:
            self._kept[text] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made

    def _prepare(self, text: str, *, curious: bool) -> Prepared:
        if self._registered is not None and text not in self._registered:
            raise GraphQLError("only registered documents run here", extensions={"code": "FORBIDDEN"})
        if len(text) > self.limits.characters:
            raise too_complex(f"the document has more than {self.limits.characters} characters")
        document = self._parsed(text)
        check(document, self.limits)
        found = validate(self._schema, document, RULES, max_errors=20, hide_suggestions=not curious)
        return Prepared(document, tuple(found), introspects=_INTROSPECTION.search(text) is not None)

    def _parsed(self, text: str) -> DocumentNode:
        try:
            return parse(text, max_lexical_tokens=self.limits.tokens)
        except RecursionError as error:
            raise too_complex("the document is nested too deep") from error
        except GraphQLError as error:
            if "token" in error.message and str(self.limits.tokens) in error.message:
                raise too_complex(f"the document has more than {self.limits.tokens} tokens") from error
            if "nested too deeply" in error.message:
                raise too_complex("the document is nested too deep") from error
            raise


def kept_for(context: object, default: Documents) -> Documents:
    """The documents of the application that a caller came through, where they came through one."""
    found = getattr(context, "documents", None)
    return found if isinstance(found, Documents) else default

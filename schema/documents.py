"""Documents: parsed, measured and validated once for each text, and kept while they are in use."""

from collections import OrderedDict
from dataclasses import dataclass

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

RULES = (*specified_rules, MaxIntrospectionDepthRule, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, and what validation has against it."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, or the only one; None where that names none."""
        found = [
            each
            for each in self.document.definitions
            if isinstance(each, OperationDefinitionNode) and (name is None or (each.name is not None and each.name.value == name))
        ]
        return found[0] if len(found) == 1 else None


class Documents:
    """The latest texts and what was made of them; texts that were refused are not kept."""

    def __init__(self, schema: GraphQLSchema, *, limits: Limits = LIMITS, size: int = 1_000) -> None:
        self._schema, self.limits, self._size = schema, limits, size
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def prepared(self, text: str) -> Prepared:
        """Raises GraphQLError: the text does not parse, or is over a limit."""
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        made = self._prepare(text)
        if not made.errors:
            self._kept[text] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made

    def _prepare(self, text: str) -> Prepared:
        if len(text) > self.limits.characters:
            raise too_complex(f"the document has more than {self.limits.characters} characters")
        document = self._parsed(text)
        check(document, self.limits)
        return Prepared(document, tuple(validate(self._schema, document, RULES, max_errors=20)))

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

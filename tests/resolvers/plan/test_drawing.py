"""What is drawn: valid operations, most of them without a fault, in every form that a document may have."""

import re

from graphql import OperationDefinitionNode, parse, validate
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, Phase, given, settings

from schema.build import schema
from tests.resolvers.plan.drawing import Drawn, operations

FORMS = {
    "null for an argument": r"\((\w+: [^(){}]*, )*(filter|orderBy|id|domain|after): null",
    "a variable that is null unless it is given": r"\$v\d+: \w+ = null",
    "a variable with a value of its own": r'\$v\d+: (ID|String|Int|DateTime|\[?ID!\]?)!? = ["\[\d]',
    "a variable within an input object": r"\{(\w+: [^{}]*, )*\w+: \$v\d",
    "a variable within a list": r"\[([^\[\]]*, )?\$v\d",
    "a value alone for a list": r'(in|ids|groupBy): ("|[A-Z])',
    "the interface of a type": r"\.\.\. on Node",
    "an object under another name": r"a\d+: (customer|link|attribution|utm|workspace) *(@\w+\(if: \S+\))? *\{",
    "one key said twice": r"(a\d+: \w+\([^()]*\)) .* \1 ",
}


def test_drawn_operations_are_valid_and_have_every_form() -> None:
    drawn: list[Drawn] = []

    @settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(operations())
    def draw(each: Drawn) -> None:
        drawn.append(each)

    draw()

    missing = 0
    for each in drawn:
        document = parse(each.text)
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        assert validate(schema._schema, document) == [], each
        assert isinstance(get_variable_values(schema._schema, operation.variable_definitions or (), each.variables), VariableValues), each
        missing += any(given.variable.name.value not in each.variables for given in operation.variable_definitions or ())
    assert missing > 40, "variables that nobody gives"
    assert len(drawn) / 5 < sum(each.fault for each in drawn) < len(drawn) / 2
    for form, found in FORMS.items():
        assert any(re.search(found, each.text) for each in drawn), form

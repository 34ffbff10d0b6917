"""What Tortoise knows of the models while it migrates them: made where an operation asks for it, and not before each.

Tortoise keeps all models as they were before an operation, for those that change or take away what was there, and makes a class of each
again: with a hundred operations and thirty models that is most of the time of a first start.
"""

from copy import copy
from typing import Any

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps


class Sparing(State):
    """A state whose copies have no classes until somebody asks for them."""

    _origin: StateApps

    def clone(self) -> State:
        before = copy(self)
        before.models = {key: model.clone() for key, model in self.models.items()}
        before._origin = self.apps
        del before.apps
        return before

    def __getattr__(self, name: str) -> Any:
        """Only where there is no such attribute: of a copy that was not asked yet."""
        if name != "apps":
            raise AttributeError(name)
        self.apps = self._origin.clone(model_states=self.models)
        return self.apps


class Executor(MigrationExecutor):
    """Tortoise's own, with such states."""

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        state = await super()._project_state(applied, upto=upto)
        return Sparing(state.models, state.apps)

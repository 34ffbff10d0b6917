"""What Tortoise knows of the models while it migrates them: no more than an operation asks for.

Before each operation Tortoise makes a class of every model again, as they were before it, for those operations that change or take away
what was there; and after each it readies all of them to be queried, which no migration of ours does: they speak SQL. With some sixty
operations and forty models that is four fifths of the time to make the tables: at a first start, and for each rebuild of `verify`.
"""

from copy import copy
from typing import Any

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.migration import Migration
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps


class Described(StateApps):
    """Models that are described and never queried."""

    def _build_initial_querysets(self) -> None:
        return


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
        connections = {label: config["default_connection"] for label, config in self.loader.apps_config.items()}
        state: State = Sparing(models={}, apps=Described(default_connections=connections))
        for key in self._full_plan():
            if key == upto:
                break
            migration = self.loader.graph.nodes[key]
            if key in applied and isinstance(migration, Migration):
                await migration.apply(state, dry_run=True)
        return state

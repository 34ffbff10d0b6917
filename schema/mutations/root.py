"""The mutations, each from its own room. They call `ingest` and nothing more."""

import strawberry

from schema.mutations.crediting import CreditingMutations
from schema.mutations.erasing import ErasingMutations
from schema.mutations.links import LinkMutations
from schema.mutations.ruling import RulingMutations
from schema.mutations.tracking import TrackingMutations


@strawberry.type(description="Everything that can be told or changed. A caller's mistake is a userError, not an error.")
class Mutation(LinkMutations, TrackingMutations, CreditingMutations, RulingMutations, ErasingMutations):
    pass

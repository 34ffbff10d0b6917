"""`clickledger schema`: the API in GraphQL's own language, for code generators and reviews."""

import sys

from schema.build import sdl


def schema() -> None:
    """Print the schema of /graphql, sorted."""
    sys.stdout.write(sdl())

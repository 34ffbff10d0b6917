"""`clickledger serve` with ordinary execution alone: what our own schema costs when nothing is compiled.

Until there is a compiler, this is the server as it is.
"""

import importlib
import importlib.util

from api.cli.main import main

SWITCH = "resolvers.plan.switch"
"""The module whose `enabled` turns compiled reads off."""


def compiled() -> bool:
    """Whether there is a compiler to turn off."""
    return importlib.util.find_spec("resolvers.plan") is not None and importlib.util.find_spec(SWITCH) is not None


if __name__ == "__main__":
    if compiled():
        vars(importlib.import_module(SWITCH))["enabled"] = False
    main()

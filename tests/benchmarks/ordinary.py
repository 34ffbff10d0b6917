"""`clickledger serve` with ordinary execution alone: what our own schema costs when nothing is compiled."""

from api.cli.main import main
from resolvers.plan import switch

if __name__ == "__main__":
    switch.enabled = False
    main()

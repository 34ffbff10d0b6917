"""What a stream of changes tells: the sales that a reader of it ends up with, held one by one or as a sum. Pure.

A sum is enough where the changes themselves are gone: it is that of the sales which are there, or stream and ledger are at odds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

SWALLOWED = "swallowed"
NEW = "new"
"""In the data of a merge: the id that is left was no sale before."""
_BITS = 128


@dataclass(frozen=True, slots=True)
class Told:
    """One change, as far as it says which sales there are."""

    kind: str
    sale_id: str
    data: Mapping[str, Any]

    @property
    def stays(self) -> bool:
        """Whether its sale is there when it has happened."""
        return self.kind != "sale_gone"

    @property
    def added(self) -> tuple[str, ...]:
        """The ids that were no sales before it and are now."""
        is_new = self.kind == "sale_made" or (self.kind == "sale_merged" and bool(self.data.get(NEW)))
        return (self.sale_id,) if is_new else ()

    @property
    def ended(self) -> tuple[str, ...]:
        """The ids that were sales before it and are no more."""
        swallowed = tuple(self.data.get(SWALLOWED, ()))
        return swallowed if self.stays else (self.sale_id, *swallowed)


@dataclass(frozen=True, slots=True)
class Tally:
    """A set of ids as its size and the sum of their hashes: what is put in and what is taken out may come in any order."""

    count: int = 0
    total: int = 0

    @property
    def digest(self) -> str:
        return f"{self.total:032x}"

    def after(self, changes: Iterable[Told]) -> "Tally":
        """What it is when these changes have happened."""
        tally = self
        for change in changes:
            tally = tally.plus(change.added).less(change.ended)
        return tally

    def plus(self, names: Iterable[str]) -> "Tally":
        return self._moved(names, 1)

    def less(self, names: Iterable[str]) -> "Tally":
        return self._moved(names, -1)

    def _moved(self, names: Iterable[str], sign: int) -> "Tally":
        count, total = self.count, self.total
        for name in names:
            count, total = count + sign, (total + sign * _hash(name)) % (1 << _BITS)
        return Tally(count, total)


def tally(count: int, digest: str) -> Tally:
    """One that was stored."""
    return Tally(count, int(digest, 16))


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=_BITS // 8).digest(), "big")

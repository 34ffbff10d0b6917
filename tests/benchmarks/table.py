"""The table that `make bench` prints: what was measured, against what, the ratio, and what the issue asks."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One comparison. `at_least` and `at_most` are the issue's; without either the line only tells."""

    what: str
    against: str
    value: float
    unit: str = "times"
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def met(self) -> str:
        if self.at_least is None and self.at_most is None:
            return ""
        good = (self.at_least is None or self.value >= self.at_least) and (self.at_most is None or self.value <= self.at_most)
        return "yes" if good else "no"

    def cells(self) -> tuple[str, ...]:
        wanted = "" if self.at_least is None else f"≥ {self.at_least:g}"
        wanted = wanted if self.at_most is None else f"≤ {self.at_most:g}"
        return self.what, self.against, f"{shown(self.value)} {self.unit}".strip(), wanted, self.met, self.note


@dataclass(slots=True)
class Table:
    """Lines as they are measured: each is printed at once, and all of them at the end."""

    lines: list[Line] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.lines.append(line)
        print("  ".join(cell for cell in line.cells() if cell), flush=True)

    def skip(self, reason: str) -> None:
        self.skipped.append(reason)
        print(f"skipped: {reason}", flush=True)

    def fail(self, reason: str) -> None:
        self.failed.append(reason)
        print(f"failed: {reason}", flush=True)

    def markdown(self) -> str:
        head = ("what", "against", "measured", "issue 4 asks", "met", "ours and theirs, of requests a second or as it says")
        rows = [head, tuple("---" for _ in head), *(line.cells() for line in self.lines)]
        told = [f"| {' | '.join(row)} |" for row in rows]
        left = [*(f"Not measured: {reason}." for reason in self.skipped), *(f"Failed: {reason}." for reason in self.failed)]
        return "\n".join([*told, *(["", *left] if left else [])])


def shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or (value == round(value) and value >= 2) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"

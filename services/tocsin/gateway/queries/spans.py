"""A stretch of time that a request is about: whole seconds, from one (included) to another (not included)."""

from msgspec import Struct

from tocsin.gateway.window import counts
from tocsin.model.timestamps import MS_PER_S


class TimeRange(Struct, frozen=True):
    """What begins or ends within a second takes the whole of it, so that rows and counts agree."""

    from_s: int
    to_s: int

    @property
    def from_ms(self) -> int:
        """The first millisecond."""
        return self.from_s * MS_PER_S

    @property
    def to_ms(self) -> int:
        """The first millisecond after it."""
        return self.to_s * MS_PER_S

    def default_step_s(self) -> int:
        """The width of a bin of its timeline where none is asked for."""
        return counts.step(self.to_s - self.from_s)

    def bins(self, step_s: int) -> int:
        """How many bins of this width it has; the last may be shorter."""
        return -(-(self.to_s - self.from_s) // step_s)

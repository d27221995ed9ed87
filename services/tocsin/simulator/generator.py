"""The stream of events: scenes of normal activity and attacks, interleaved, with rising times and numbers."""

import binascii
import random

from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.simulator import scenes
from tocsin.simulator.bursts import CONNECTS, FORKS
from tocsin.simulator.cluster import build_nodes, build_pods
from tocsin.simulator.late_delivery import LateDeliveries
from tocsin.simulator.processes import FIRST_TRANSIENT_PID, build_homes
from tocsin.simulator.script import Scene, Step
from tocsin.simulator.stories import stories
from tocsin.simulator.template import NUMBER, TIME, exec_id_of

_DAY_NS = 86_400 * NS_PER_S
_PLAYING = 12
"""Scenes of normal activity that run at the same time; more spread the events of one chain further."""
_ATTACKS_PLAYING = 8
_ATTACK_SHARE = 0.6
"""Share of the events while an attack runs."""
_FIRST_ATTACK_NS = 2 * NS_PER_S
_PID_MAX = 4_194_304


class _Play:
    """One run of a scene, with new pids, exec ids and times."""

    __slots__ = ("at", "scene", "values")

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.at = 0
        self.values = [b""] * scene.size


class _Clock:
    """Pids and boot times of one node."""

    __slots__ = ("boot_ns", "name", "pid")

    def __init__(self, name: str, boot_ns: int, pid: int) -> None:
        self.name = name.encode()
        self.boot_ns = boot_ns
        self.pid = pid


class Generator:
    """A seeded stream of lines: the same seed and times give the same bytes."""

    def __init__(
        self,
        seed: int,
        start_ns: int,
        *,
        nodes: int = 3,
        first_number: int = 0,
        attacks_per_minute: float = 6.0,
        forks: int = FORKS,
        connects: int = CONNECTS,
        late_share: float = 0.0,
    ) -> None:
        """Prepare all scenes; the agents start at *start_ns* (since 1970), and the first events are running processes.

        *forks* and *connects* are the lengths of storms; *late_share* is the share of pod events that are written late.
        """
        rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._rng = rng
        # the boot time depends on the day alone, so that a restart on the same day gives the same exec ids
        boot_ns = start_ns // _DAY_NS * _DAY_NS - rng.randrange(3, 60) * _DAY_NS + rng.randrange(_DAY_NS // 2)
        machines = build_nodes(rng, nodes)
        homes = build_homes(rng, machines, build_pods(rng, machines, start_ns), boot_ns)
        self._clocks = {n.name: _Clock(n.name, boot_ns, rng.randrange(FIRST_TRANSIENT_PID, 400_000)) for n in machines}
        self._pool = scenes.background(rng, homes)
        self._attacks = scenes.attacks(rng, homes, stories(forks, connects))
        self._late = LateDeliveries(seed, late_share)
        self._playing = [_Play(scene) for scene in rng.choices(self._pool, k=_PLAYING)]
        self._attacking = [_Play(scenes.existing(rng, homes))]
        self._starting = True
        self.number = first_number
        self._interval_ns = int(60 * NS_PER_S / attacks_per_minute) if attacks_per_minute else 0
        self._next_attack_ns = start_ns + min(_FIRST_ATTACK_NS, self._interval_ns) if self._interval_ns else 1 << 80
        self._last_ns = start_ns - 1
        self._second = -1
        self._second_text = b""

    def take(self, count: int, from_ns: int, to_ns: int) -> list[bytes]:
        """The next *count* lines with their ends, spread over the time from *from_ns* to *to_ns*."""
        step = max((to_ns - from_ns) // max(count, 1), 1)
        return [self.line(from_ns + step * (i + 1)) for i in range(count)]

    def line(self, time_ns: int) -> bytes:
        """The next line: an event at *time_ns*, or just after the last line if that is later, or a late event."""
        number = b"%d" % self.number
        self.number += 1
        late = self._late.pop(time_ns, number)
        if late is not None:
            return late
        while True:
            starting = self._starting
            step, values = self._observe(time_ns)
            if not step.waits or starting or not self._late.hold(self._last_ns, step.template, values):
                values[NUMBER] = number
                return step.template.fill(values)

    def _observe(self, time_ns: int) -> tuple[Step, list[bytes]]:
        """The next step, with the values of its slots except the number."""
        now = time_ns if time_ns > self._last_ns else self._last_ns + 1
        self._last_ns = now
        if now >= self._next_attack_ns:
            self._attack(now)
        lane, index = self._choose()
        play = lane[index]
        step = play.scene.steps[play.at]
        values = play.values
        values[TIME] = self._time(now)
        if step.births:
            self._bear(play, now)
        play.at += 1
        if play.at == len(play.scene.steps):
            self._end(lane, index)
        return step, values

    def _choose(self) -> tuple[list[_Play], int]:
        attacking = self._attacking
        if attacking:
            if self._starting:
                return attacking, 0
            if self._rng.random() < _ATTACK_SHARE:
                return attacking, int(self._rng.random() * len(attacking))
        return self._playing, int(self._rng.random() * _PLAYING)

    def _end(self, lane: list[_Play], index: int) -> None:
        if lane is self._playing:
            pool = self._pool
            lane[index] = _Play(pool[int(self._rng.random() * len(pool))])
        else:
            del lane[index]
            self._starting = False

    def _attack(self, now: int) -> None:
        self._next_attack_ns = now + int(self._interval_ns * (0.5 + self._rng.random()))
        if len(self._attacking) < _ATTACKS_PLAYING:
            story = self._rng.choice(self._attacks)
            self._attacking.append(_Play(self._rng.choice(story)))

    def _bear(self, play: _Play, now: int) -> None:
        clock = self._clocks[play.scene.node.name]
        values = play.values
        time = values[TIME]
        for birth in play.scene.steps[play.at].births:
            at = exec_id_of(birth.process)
            if birth.pid_from is None:
                clock.pid = clock.pid + 1 if clock.pid < _PID_MAX else FIRST_TRANSIENT_PID
                pid = b"%d" % clock.pid
            else:
                pid = values[exec_id_of(birth.pid_from) + 1]
            identity = b"%b:%d:%b" % (clock.name, now - clock.boot_ns, pid)
            values[at] = binascii.b2a_base64(identity, newline=False)
            values[at + 1] = pid
            values[at + 2] = time

    def _time(self, ns: int) -> bytes:
        second, rest = divmod(ns, NS_PER_S)
        if second != self._second:
            self._second = second
            self._second_text = format_ns(ns)[:19].encode()
        if rest % 1_000:
            return b"%b.%09dZ" % (self._second_text, rest)
        return self._second_text + _short_fraction(rest) + b"Z"


def _short_fraction(rest: int) -> bytes:
    """Fractions of a second without trailing groups of zeros, as protojson writes them."""
    if rest == 0:
        return b""
    return b".%03d" % (rest // 1_000_000) if rest % 1_000_000 == 0 else b".%06d" % (rest // 1_000)

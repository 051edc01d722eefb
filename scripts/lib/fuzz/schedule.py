"""Which target is fuzzed next: each gets its turn, and more time as long as it finds something."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from scripts.lib.fuzz.campaign_progress import LEFT_S, TargetState

SHORTEST_S, LONGEST_S = 10.0, 60.0  # of a turn; a campaign with less gives each target one
TURNS = 5  # of each target, about, where the time allows it
MOST_WEIGHT = 10  # a target that finds something gets at most so many times the time of another


class Schedule:
    """Hands out turns, from several threads. Time is that of fuzzing, summed over all threads."""

    def __init__(self, states: Sequence[TargetState], seconds: float) -> None:
        """`seconds` of fuzzing in all; infinity: until stopped."""
        self._states = list(states)
        self._left = seconds
        share = seconds / len(self._states)
        self._turn = min(max(share / TURNS, min(SHORTEST_S, share)), LONGEST_S)
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._weights: dict[str, float] = {}  # of targets that had a turn

    def next(self) -> tuple[TargetState, float] | None:
        """The target to be fuzzed, and for how long; None: nothing is left to be done."""
        with self._lock:
            idle = [s for s in self._states if s.name not in self._busy and not s.has_ended]
            if not idle or self._left < LEFT_S:
                return None
            state = min(idle, key=lambda s: s.seconds / self._weights.get(s.name, MOST_WEIGHT))
            seconds = min(self._turn, self._left)
            self._left -= seconds
            self._busy.add(state.name)
            return state, seconds

    def over(self, state: TargetState, news: int) -> None:
        """A turn has ended, in which so much was new."""
        with self._lock:
            self._busy.discard(state.name)
            self._weights[state.name] = min(MOST_WEIGHT, 1 + max(0, news))

    @property
    def left(self) -> float:
        """Seconds that have not been handed out."""
        return self._left

"""The grid on which wires run: which steps are taken, and the cheapest way between two places."""

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from cosim.schematics.shapes import Point
from cosim.schematics.text import Rectangle, overlap

Edge = tuple[Point, Point]
STEPS: tuple[Point, ...] = ((1, 0), (-1, 0), (0, 1), (0, -1))
_BEND, _CROSSING, _EXIT = 4, 8, 12
"""Costs of a bend, a crossing, and the space before a foreign terminal, in steps."""
_HALF_WIDTH = 0.15


def edge(one: Point, other: Point) -> Edge:
    """The step between two neighbours, the same in both directions."""
    return (one, other) if one < other else (other, one)


def moved(point: Point, step: Point, times: int = 1) -> Point:
    """The point, some steps further."""
    return point[0] + times * step[0], point[1] + times * step[1]


@dataclass
class Grid:
    """`wires` maps each taken step to its net.

    `ends` maps the points that foreign wires can't cross (terminals, bends, junctions) to their
    net, `exits` the points where the wire or the label of a terminal is expected.
    """

    area: tuple[int, int, int, int]
    wires: dict[Edge, str] = field(default_factory=dict)
    ends: dict[Point, str] = field(default_factory=dict)
    exits: dict[Point, str] = field(default_factory=dict)
    blocked: set[Edge] = field(default_factory=set)

    def block(self, room: Rectangle) -> None:
        """Keep wires out of a rectangle."""
        self.blocked.update(step for step in _steps_near(room) if overlap(_span(step), room))

    def is_free(self, room: Rectangle) -> bool:
        """True if no wire touches a rectangle."""
        return not any(
            step in self.wires and overlap(_span(step), room) for step in _steps_near(room)
        )

    def take(self, net: str, path: list[Point]) -> None:
        """Let a net have a path of neighbouring points."""
        for pair in itertools.pairwise(path):
            self.wires[edge(*pair)] = net
        for point in path:
            if not self._is_straight(net, point):
                self.ends[point] = net

    def arms(self, net: str, point: Point) -> list[Point]:
        """Directions in which the net's wires leave a point."""
        return [step for step in STEPS if self.wires.get(edge(point, moved(point, step))) == net]

    def is_crossed(self, net: str, point: Point) -> bool:
        """True if a wire of another net runs through a point."""
        return any(self.wires.get(edge(point, moved(point, step)), net) != net for step in STEPS)

    def is_open(self, net: str, one: Point, other: Point) -> bool:
        """True if a wire of the net may go from a point to its neighbour."""
        left, top, right, bottom = self.area
        inside = left <= other[0] <= right and top <= other[1] <= bottom
        step = edge(one, other)
        taken = step in self.blocked or step in self.wires
        return inside and not taken and self.ends.get(other, net) == net

    def way(self, net: str, starts: set[Point], goals: set[Point], reach: float) -> list[Point]:
        """The cheapest path from a start to a goal, or an empty list if it costs over `reach`."""
        starts, goals = (
            {point for point in points if not self.is_crossed(net, point)}
            for points in (starts, goals)
        )
        if not starts or not goals:
            return []
        target = _around(goals)
        queue = [(_distance(start, target), 0.0, start, (0, 0)) for start in sorted(starts)]
        heapq.heapify(queue)
        best = {(start, (0, 0)): 0.0 for start in starts}
        before: dict = {}
        while queue:
            _, cost, point, heading = heapq.heappop(queue)
            if point in goals:
                return _traced(before, (point, heading))
            for step, extra in self._moves(net, point, heading):
                state = (moved(point, step), step)
                total = cost + extra
                if total <= reach and total < best.get(state, math.inf):
                    best[state] = total
                    before[state] = (point, heading)
                    guess = total + _distance(state[0], target)
                    heapq.heappush(queue, (guess, total, *state))
        return []

    def _moves(self, net: str, point: Point, heading: Point) -> Iterator[tuple[Point, float]]:
        crossed = self.is_crossed(net, point)
        for step in STEPS:
            other = moved(point, step)
            bends = heading not in ((0, 0), step)
            backwards = step == moved((0, 0), heading, -1)
            if backwards or (bends and crossed) or not self.is_open(net, point, other):
                continue
            crosses = self.is_crossed(net, other)
            foreign = self.exits.get(other, net) != net
            yield step, 1 + _BEND * bends + _CROSSING * crosses + _EXIT * foreign

    def _is_straight(self, net: str, point: Point) -> bool:
        arms = self.arms(net, point)
        return len(arms) == 2 and arms[0] == moved((0, 0), arms[1], -1)


def _span(step: Edge) -> Rectangle:
    (left, top), (right, bottom) = step
    return left - _HALF_WIDTH, top - _HALF_WIDTH, right + _HALF_WIDTH, bottom + _HALF_WIDTH


def _steps_near(room: Rectangle) -> Iterator[Edge]:
    left, top, right, bottom = room
    for x in range(math.floor(left) - 1, math.ceil(right) + 1):
        for y in range(math.floor(top) - 1, math.ceil(bottom) + 1):
            yield (x, y), (x + 1, y)
            yield (x, y), (x, y + 1)


def _around(points: set[Point]) -> Rectangle:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _distance(point: Point, target: Rectangle) -> float:
    left, top, right, bottom = target
    x, y = point
    return max(left - x, x - right, 0) + max(top - y, y - bottom, 0)


def _traced(before: dict, state: tuple[Point, Point]) -> list[Point]:
    path = [state[0]]
    while state in before:
        state = before[state]
        path.append(state[0])
    return path[::-1]

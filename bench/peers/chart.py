"""The chart of the page: CPU per event as bars on a logarithmic scale, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

_LEFT, _RIGHT, _TOP = 235, 90, 34
_SCALE: Final = 480
_BAR, _STEP, _GAP = 16, 24, 34
_LEAST, _MOST = 0.1, 1000.0
"""Ends of a scale without bars; any figure widens it."""
_INK, _PALE = "#6e7781", "#6e778140"
_OURS, _THEIRS = "#1f6feb", "#9aa4af"
"""Legible on GitHub's light and dark page alike."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure.

    Attributes:
        label: Whose.
        median, least, most: Microseconds per event, above 0.
        is_ours: The hub's stand out.
    """

    label: str
    median: float
    least: float
    most: float
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one heading."""

    title: str
    bars: Sequence[Bar]


def drawn(groups: Sequence[Group]) -> str:
    """Draw the groups one below the other.

    Raises:
        ValueError: a figure is not above 0: a logarithm has no place for it.
    """
    bars = [bar for group in groups for bar in group.bars]
    if any(bar.least <= 0 for bar in bars):
        raise ValueError("a bar needs a figure above 0")
    low = math.floor(math.log10(min([bar.least for bar in bars], default=_LEAST)))
    high = max(low + 1, math.ceil(math.log10(max([bar.most for bar in bars], default=_MOST))))
    height = _TOP + sum(_GAP + _STEP * len(group.bars) for group in groups) + 10
    width = _LEFT + _SCALE + _RIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<g font-family="sans-serif" font-size="12" fill="{_INK}">',
        "<title>CPU microseconds per event, less is better</title>",
    ]
    for power in range(low, high + 1):
        x = _x(10.0**power, low, high)
        lines.append(f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 6}" stroke="{_PALE}"/>')
        lines.append(f'<text x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">{10.0**power:g} µs</text>')
    y = float(_TOP)
    for group in groups:
        y += _GAP
        lines.append(f'<text x="4" y="{y - 12}" font-weight="bold">{escape(group.title)}</text>')
        for bar in group.bars:
            lines += _bar(bar, y, low, high)
            y += _STEP
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _bar(bar: Bar, y: float, low: int, high: int) -> list[str]:
    x, least, most = (_x(value, low, high) for value in (bar.median, bar.least, bar.most))
    middle = y + _BAR / 2
    colour = _OURS if bar.is_ours else _THEIRS
    lines = [
        f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect x="{_LEFT}" y="{y}" width="{x - _LEFT:.1f}" height="{_BAR}" fill="{colour}"/>',
        f'<text x="{most + 8:.1f}" y="{middle + 4}">{bar.median:.3g}</text>',
    ]
    if bar.least < bar.most:
        lines.append(f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="{_INK}" stroke-width="2"/>')
    return lines


def _x(value: float, low: int, high: int) -> float:
    return _LEFT + _SCALE * (math.log10(value) - low) / (high - low)

"""A small drawing layer: SVG that lives inside a page, fluid in width and exact in height.

Horizontal places are per cent of the drawing, vertical ones are pixels, so letters, dots and lines
keep their size on a phone and on a desk. What must be one path (a curve) sits in an inner drawing
that is stretched; its strokes are not. Colours are classes of the page's style sheet: one drawing
serves light, dark and paper. The same data gives the same bytes.
"""

from __future__ import annotations

import math
from html import escape

k_stretch = 1000  # units across the inner, stretched drawing
k_letter = 6.4  # pixels a letter of a label takes, about
k_line = 14  # pixels between two labels that stand below one another
k_marks = (  # shapes of points, drawn about (0, 0); the page defines them once
    "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z", "M-3 -3h6v6h-6z",
    "M0 -4.2L4.2 0L0 4.2L-4.2 0z", "M0 -4L3.8 2.8h-7.6z", "M0 4L3.8 -2.8h-7.6z",
    "M-1.3 -3.8h2.6v2.5h2.5v2.6h-2.5v2.5h-2.6v-2.5h-2.5v-2.6h2.5z",
    "M-2.2 -3.8h4.4l2.2 3.8l-2.2 3.8h-4.4l-2.2 -3.8z")


def short(value: float, digits: int = 2) -> str:
    """A coordinate without needless digits."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text


def percent(share: float) -> str:
    return f"{short(100 * share)}%"


def plain(value: float) -> str:
    """A tick: 0.05, 2, 500, 20k, 3M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1000 if unit == 'k' else size):g}{unit}"
    return f"{value:g}"


class Linear:
    """Values to shares of an axis."""

    def __init__(self, low: float, high: float):
        self.low, self.high = low, high if high > low else low + 1

    def at(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self, most: int = 6) -> list[float]:
        raw = (self.high - self.low) / most
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(m * size for m in (1, 2, 5, 10) if m * size >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [round(i * step, 12) for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


class Log:
    """Values above zero to shares of a logarithmic axis."""

    def __init__(self, low: float, high: float):
        self.low, self.high = low, high if high > low else low * 1.1

    def at(self, value: float) -> float:
        span = math.log(self.high / self.low)
        return min(1.0, max(0.0, math.log(max(value, 1e-300) / self.low) / span))

    def ticks(self, most: int = 7) -> list[float]:
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in ((1, 1.2, 1.5, 2, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3),
                      (1,)):
            found = [float(f"{s}e{e}") for e in exponents for s in steps
                     if self.low <= float(f"{s}e{e}") <= self.high]
            if len(found) <= most:
                # less than a factor of about 1.5: round numbers lie too far apart
                return found if len(found) > 2 else Linear(self.low, self.high).ticks(most)
        return found[::math.ceil(len(found) / most)]


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Sorted places moved apart to at least `gap`, kept inside [low, high] where that is possible:
    neighbours that are too near become a block around their mean."""
    blocks: list[list[float]] = []  # sum of wished starts, count
    for i, place in enumerate(places):
        blocks.append([place, 1])
        while len(blocks) > 1:
            (s0, n0), (s1, n1) = blocks[-2], blocks[-1]
            if s1 / n1 - n1 * gap / 2 >= s0 / n0 + n0 * gap / 2:
                break
            blocks[-2:] = [[s0 + s1, n0 + n1]]
    out = []
    for total, count in blocks:
        first = total / count - (count - 1) * gap / 2
        out += [first + i * gap for i in range(count)]
    out = [max(p, low + i * gap) for i, p in enumerate(out)]
    return [min(p, high - (len(out) - 1 - i) * gap) for i, p in enumerate(out)]


class Plot:
    """One drawing with an x and a y axis. `pad` is top, right, bottom, left in pixels; the padding
    at the sides is CSS, so that a narrow page can take it away together with the names there."""

    def __init__(self, name: str, title: str, x, y, height: int = 320, pad=(22, 16, 40, 48)):
        self.name, self.title, self.x, self.y = name, title, x, y
        self.height, self.pad = height, pad
        self.parts: list[str] = []

    def px(self, value: float) -> float:
        top, _, bottom, _ = self.pad
        return top + (1 - self.y.at(value)) * (self.height - top - bottom)

    def add(self, text: str) -> None:
        self.parts.append(text)

    def line(self, x0: float, y0: float, x1: float, y1: float, look: str) -> str:
        """A straight line between shares of the width and pixels of the height."""
        return (f'<line class="{look}" x1="{percent(x0)}" y1="{short(y0, 1)}" '
                f'x2="{percent(x1)}" y2="{short(y1, 1)}"/>')

    def text(self, x: float, y: float, words: str, look: str = "", dx: float = 0,
             anchor: str = "") -> str:
        move = f' dx="{short(dx)}"' if dx else ""
        end = f' text-anchor="{anchor}"' if anchor else ""
        cls = f' class="{look}"' if look else ""
        return f'<text{cls} x="{percent(x)}" y="{short(y, 1)}"{move}{end}>{escape(words)}</text>'

    def curve(self, points, look: str = "line", closed: bool = False) -> str:
        """A path through (x, y) values, in a drawing that is stretched to the width."""
        steps = [f"{short(k_stretch * self.x.at(x), 1)} {short(self.px(y), 1)}" for x, y in points]
        return self._stretched(f'<path class="{look}" d="M{"L".join(steps)}'
                               f'{"z" if closed else ""}"/>')

    def dust(self, points, look: str = "dust") -> str:
        """Many small dots: strokes of no length with round ends."""
        steps = "".join(f"M{short(k_stretch * self.x.at(x), 0)} {short(self.px(y), 1)}h0"
                        for x, y in points)
        return self._stretched(f'<path class="{look}" d="{steps}"/>') if steps else ""

    def _stretched(self, inner: str) -> str:
        return (f'<svg viewBox="0 0 {k_stretch} {self.height}" preserveAspectRatio="none" '
                f'width="100%" height="{self.height}">{inner}</svg>')

    def mark(self, x: float, y: float, shape: int = 0, look: str = "", shift: float = 0) -> str:
        cls = f' class="{look}"' if look else ""
        return (f'<use{cls} href="#mark{shape % len(k_marks)}" x="{percent(self.x.at(x))}" '
                f'y="{short(self.px(y) + shift, 1)}"/>')

    def upright(self, x: float, low: float, high: float, look: str = "ci") -> str:
        """An interval of y at one x."""
        return self.line(self.x.at(x), self.px(low), self.x.at(x), self.px(high), look)

    def level(self, y: float, low: float, high: float, look: str = "ci",
              shift: float = 0) -> str:
        """An interval of x at one y, moved down by `shift` pixels."""
        at = self.px(y) + shift
        return self.line(self.x.at(low), at, self.x.at(high), at, look)

    def y_axis(self, words: str, ticks=None, shown=plain) -> None:
        for value in self.y.ticks() if ticks is None else ticks:
            at = self.px(value)
            self.add(self.line(0, at, 1, at, "grid"))
            self.add(self.text(0, at + 4, shown(value), "tick", -8, "end"))
        self.add(self.text(0, self.pad[0] - 11, words, "axis", 8 - self.pad[3]))

    def x_axis(self, words: str, ticks=None, shown=plain, grid: bool = False) -> None:
        floor = self.height - self.pad[2]
        values = self.x.ticks() if ticks is None else ticks
        self.add(self.line(0, floor, 1, floor, "base"))
        for i, value in enumerate(values):
            at = self.x.at(value)
            self.add(self.line(at, self.pad[0] if grid else floor, at, floor + (0 if grid else 4),
                               "grid" if grid else "base"))
            rare = " alt" if (len(values) - 1 - i) % 2 else ""  # left out where it is narrow
            self.add(self.text(at, floor + 17, shown(value), "tick" + rare, 0, "middle"))
        self.add(self.text(0.5, self.height - 6, words, "axis", 0, "middle"))

    def box(self, x0: float, x1: float, low: float, high: float, look: str = "band") -> str:
        """A filled box between values."""
        left, right = self.x.at(x0), self.x.at(x1)
        top, bottom = self.px(high), self.px(low)
        return (f'<rect class="{look}" x="{percent(left)}" y="{short(top, 1)}" '
                f'width="{percent(right - left)}" height="{short(max(0.0, bottom - top), 1)}"/>')

    def ends(self, names: list[tuple[str, float, float, str]]) -> dict[str, str]:
        """Labels (name, x, y, look) beside the right edge, moved apart, each with a hair line."""
        order = sorted(names, key=lambda e: (self.px(e[2]), e[0]))
        places = spread([self.px(e[2]) for e in order], k_line, self.pad[0],
                        self.height - self.pad[2])
        out = {}
        for (name, x, y, look), at in zip(order, places):
            hair = (self.line(self.x.at(x), self.px(y), 1, self.px(y), "hair")
                    if self.x.at(x) < 0.995 else "")
            out[name] = (f'<g class="end {look}">{hair}<svg x="100%" overflow="visible">'
                         f'<path class="hair" d="M2 {short(self.px(y), 1)}L14 {short(at, 1)}"/>'
                         f'<text x="18" y="{short(at + 4, 1)}">{escape(name)}</text></svg></g>')
        return out

    def finish(self, label: str = "") -> str:
        ident = f"{self.name}-title"
        return (f'<div class="plot" style="--left:{self.pad[3]}px;--right:{self.pad[1]}px">'
                f'<svg role="img" aria-labelledby="{ident}" height="{self.height}">'
                f'<title id="{ident}">{escape(self.title)}</title>{"".join(self.parts)}</svg>'
                f"{label}</div>")


def marks() -> str:
    """The shapes of points, once a page."""
    shapes = "".join(f'<path id="mark{i}" d="{d}"/>' for i, d in enumerate(k_marks))
    return f'<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{shapes}</defs></svg>'


class Strip:
    """A row's drawing: one horizontal axis, a fixed height, no words. It is for eyes only; the
    figures stand as text beside it."""

    def __init__(self, x, height: int = 28):
        self.x, self.height = x, height
        self.parts: list[str] = []

    def rule(self, value: float, look: str) -> "Strip":
        at = percent(self.x.at(value))
        self.parts.append(f'<line class="{look}" x1="{at}" x2="{at}" y2="{self.height}"/>')
        return self

    def band(self, low: float, high: float) -> "Strip":
        left, right = self.x.at(low), self.x.at(high)
        self.parts.append(f'<rect class="band" x="{percent(left)}" width="{percent(right - left)}" '
                          f'height="{self.height}"/>')
        return self

    def interval(self, low: float, high: float, look: str, y: float | None = None) -> "Strip":
        a, b = percent(self.x.at(low)), percent(self.x.at(high))
        y = self.height / 2 if y is None else y
        self.parts.append(
            f'<g class="{look}"><line class="ci" x1="{a}" x2="{b}" y1="{short(y)}" '
            f'y2="{short(y)}"/>'
            + "".join(f'<line class="cap" x1="{e}" x2="{e}" y1="{short(y - 4)}" '
                      f'y2="{short(y + 4)}"/>' for e in (a, b)) + "</g>")
        return self

    def point(self, value: float, look: str, y: float | None = None, shape: int = 0) -> "Strip":
        y = self.height / 2 if y is None else y
        self.parts.append(f'<use class="{look}" href="#mark{shape}" '
                          f'x="{percent(self.x.at(value))}" y="{short(y)}"/>')
        return self

    def words(self, value: float, words: str, look: str = "tick") -> "Strip":
        self.parts.append(f'<text class="{look}" x="{percent(self.x.at(value))}" '
                          f'y="{short(self.height / 2 + 4)}" text-anchor="middle">'
                          f"{escape(words)}</text>")
        return self

    def finish(self) -> str:
        return (f'<svg class="strip" height="{self.height}" aria-hidden="true">'
                f'{"".join(self.parts)}</svg>')

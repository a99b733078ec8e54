"""The small drawing of one face: its interval and units, and the band where the truth lies.

Both faces of a row have one axis, so that they can be laid side by side. Places across are per
cent, so a drawing is as wide as its box; inks are classes of the fragment's style.
"""

from __future__ import annotations

from html import escape

from reports.page.svg import Linear, Log, percent, plain, short

k_height, k_middle, k_axis = 58, 20, 40  # pixels: the whole, the interval, the axis
k_ticks = 5


def _figure(face: dict) -> float:
    return face["ratio"] if "ratio" in face else face["figure"]


def axis_of(row: dict):
    """The axis both faces share."""
    if row["scale"] == "rate":
        top = max(row["wrong"]["high"], row["right"]["high"], 0.1)
        return Linear(0.0, 1.0 if top > 0.5 else min(1.0, 1.3 * top))
    shown = [v for face in ("wrong", "right") for v in row["points"][face]]
    shown += [row[face][key] for face in ("wrong", "right") for key in ("low", "high")]
    shown += [b for b in row["band"] if b] + [1.0]
    room = max(1.12, (max(shown) / min(shown)) ** 0.06)
    return Log(min(shown) / room, max(shown) * room)


def _band(row: dict, axis) -> str:
    low, high = row["band"]
    left = axis.at(low) if low is not None else 0.0
    right = axis.at(high) if high is not None else 1.0
    width = max(right - left, 0.006)
    return (f'<rect class="known" x="{percent(left)}" y="4" width="{percent(width)}" '
            f'height="{k_axis - 4}"/>')


def _ticks(axis, is_rate: bool) -> list[str]:
    out = []
    for tick in axis.ticks(k_ticks):
        x = axis.at(tick)
        words = f"{100 * tick:.0f} %" if is_rate else plain(tick)
        anchor = "start" if x < 0.04 else "end" if x > 0.96 else "middle"
        out.append(f'<text class="tick" x="{percent(x)}" y="{k_axis + 14}" '
                   f'text-anchor="{anchor}">{escape(words)}</text>')
    return out


def _line(look: str, x0: float, x1: float, y0: float, y1: float) -> str:
    return (f'<line class="{look}" x1="{percent(x0)}" x2="{percent(x1)}" y1="{short(y0)}" '
            f'y2="{short(y1)}"/>')


def drawing(row: dict, face: str) -> str:
    """One <svg>: same row, same bytes."""
    data, axis, is_rate = row[face], axis_of(row), row["scale"] == "rate"
    at = axis.at
    look = "holds" if data["holds"] else "misses"
    parts = [_band(row, axis), _line("ground", 0, 1, k_axis, k_axis)]
    if not is_rate:
        parts.append(_line("one", at(1.0), at(1.0), 4, k_axis))
    for i, value in enumerate(row["points"][face]):
        y = k_middle + 9 + 2.2 * (i % 4)
        parts.append(f'<circle class="unit" cx="{percent(at(value))}" cy="{short(y)}" r="1.7"/>')
    low, high, point = at(data["low"]), at(data["high"]), at(_figure(data))
    parts.append(_line("reach", low, high, k_middle - 6, k_middle - 6))
    parts += [_line("reach", x, x, k_middle - 10, k_middle - 2) for x in (low, high)]
    parts.append(f'<circle class="mid" cx="{percent(point)}" cy="{k_middle - 6}" r="4.2"/>')
    parts += _ticks(axis, is_rate)
    label = f"{row['title']}, done {face}: {data['text']}"
    return (f'<svg class="pf {look}" role="img" width="100%" height="{k_height}" '
            f'aria-label="{escape(label, quote=True)}">' + "".join(parts) + "</svg>")

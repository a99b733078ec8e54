"""Matplotlib drawings as SVG that lives inside a page: same bytes for the same data, no network,
and inks taken from the page's style sheet, so that one drawing serves light, dark and paper.
"""

from __future__ import annotations

import io
import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402  the backend is chosen first

# Stand-in colours: no drawing uses them for themselves, so they can be exchanged in the text.
k_ink, k_soft, k_rule, k_band, k_paper = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
k_series = ("#101112", "#131415", "#161718", "#191a1b", "#1c1d1e", "#1f2021", "#222324")
k_verdict = {"FASTER": "#252627", "SLOWER": "#28292a", "SAME": "#2b2c2d", "UNDECIDED": "#2e2f30",
             "INVALID": "#313233", "reference": "#010203"}
_variables = {k_ink: "--ink", k_soft: "--soft", k_rule: "--rule", k_band: "--band",
              k_paper: "--paper"}
_variables |= {c: f"--c{i}" for i, c in enumerate(k_series)}
_variables |= {c: f"--{v.lower()}" for v, c in k_verdict.items() if v != "reference"}

k_style = {
    "svg.fonttype": "none", "font.size": 10, "axes.edgecolor": k_rule, "axes.labelcolor": k_soft,
    "xtick.color": k_soft, "ytick.color": k_soft, "text.color": k_ink, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.facecolor": "none",
    "figure.facecolor": "none", "savefig.facecolor": "none", "grid.color": k_rule,
    "grid.linewidth": 0.6, "xtick.labelsize": 9, "ytick.labelsize": 9, "axes.labelsize": 9,
    "xtick.minor.visible": False, "lines.solid_capstyle": "round", "path.simplify": False,
}


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **layout):
    """Axes with the house style; the style is global in matplotlib, so it is set every time."""
    matplotlib.rcParams.update(matplotlib.rcParamsDefault)
    matplotlib.rcParams.update(k_style)
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **layout)


def finish(fig, name: str, title: str) -> str:
    """The drawing as one <svg> element with ids of its own and a title for those who hear it."""
    matplotlib.rcParams["svg.hashsalt"] = f"cyclone-{name}"
    stream = io.StringIO()
    fig.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    plt.close(fig)
    text = stream.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r' xmlns(?::xlink)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(url\(|href=")#', rf"\1#{name}-", text)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups()
    head = (f'<svg role="img" aria-labelledby="{name}-title" viewBox="0 0 {width} {height}">'
            f'<title id="{name}-title">{escape(title)}</title>')
    text = re.sub(r"<svg [^>]*>", lambda _: head, text, count=1)
    for colour, variable in _variables.items():
        text = text.replace(colour, f"var({variable})")
    return re.sub(r"\n\s*", "\n", text).strip()


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

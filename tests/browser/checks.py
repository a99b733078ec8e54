"""What a page must do. Every check takes a View and returns what is wrong, so that a test can plant
a fault and see the check find it."""

import base64
import json
import re
import time

from browser import THEMES, WIDTHS


def quiet(view):
    """Opens from a disk without a network: nothing but the page itself is asked for, and the
    console stays empty."""
    view.open()
    view.unfold()
    problems = [f"console: {e['message'][:200]}" for e in view.driver.get_log("browser")]
    for entry in view.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] != "Network.requestWillBeSent":
            continue
        url = message["params"]["request"]["url"]
        if not url.startswith(("data:", view.url)):
            problems.append(f"asks for {url}")
    return problems


k_spilt = """return [...document.querySelectorAll('.control, .claim .body, figcaption, .sheet,'
+ ' .facts-table td, .under, .rows li')].filter((e) => e.scrollWidth > e.clientWidth + 1)
.map((e) => e.className + ': ' + e.textContent.trim().slice(0, 60)).slice(0, 4)"""


def fits(view):
    """No sideways scrolling of the page, folded and unfolded, on a phone and on a desk."""
    problems = []
    for theme in THEMES:
        for width in WIDTHS:
            view.open(width, theme)
            for state in ("folded", "unfolded"):
                wide = view.run("return document.documentElement.scrollWidth")
                if wide > width:
                    problems.append(f"{theme}, {width} px, {state}: the page is {wide} px wide")
                spilt = view.run(k_spilt)
                problems += [f"{theme}, {width} px, {state}: words leave {s}" for s in spilt]
                view.unfold()
    return problems


k_rows = """return [...document.querySelectorAll('[data-family]')[0].querySelectorAll('tr.row')]
.filter((r) => !r.hidden).map((r) => [r.querySelector('th').dataset.sort,
r.cells[arguments[0]].dataset.sort ?? null, r.nextElementSibling?.id ?? null, r.dataset.role])"""


def _in_order(values, up):
    held = [v for v in values if v is not None]
    missing_last = values == held + [None] * (len(values) - len(held))
    try:
        numbers = [float(v) for v in held]
    except ValueError:
        numbers = held
    return missing_last and numbers == sorted(numbers, reverse=not up)


def sorts(view):
    """Every column, both ways, rows without data last; what a row unfolds stays with it."""
    view.open()
    before = {r[0]: r[2] for r in view.run(k_rows, 0)}
    heads = "document.querySelector('.matrix thead').rows[1].cells"
    problems = []
    for column in range(view.run(f"return {heads}.length")):
        if not view.run(f"return !!{heads}[{column}].querySelector('button')"):
            continue
        for up in (True, False):
            view.run(f"{heads}[{column}].querySelector('button').click()")
            told = view.run(f"return {heads}[{column}].getAttribute('aria-sort')")
            rows = view.run(k_rows, column)
            if told != ("ascending" if up else "descending"):
                problems.append(f"column {column}: aria-sort is {told}")
            if not _in_order([r[1] for r in rows], up):
                problems.append(f"column {column}: {[r[1] for r in rows]} after {told}")
            if {r[0]: r[2] for r in rows} != before:
                problems.append(f"column {column}: a row lost what it unfolds")
    if not problems and len({v for v in before}) < 3:
        problems.append("fewer than three rows: nothing was sorted")
    return problems


def filters(view):
    """By words, by role, by keyboard; the counter tells; sorting keeps the filter."""
    view.open()
    rows = view.run(k_rows, 0)
    count = "return document.querySelector('.filter output').textContent"
    field = ".filter input[type=search]"
    problems = []

    def expect(what, wanted):
        shown, told = view.run(k_rows, 0), view.run(count)
        if sorted(r[0] for r in shown) != sorted(wanted):
            problems.append(f"{what}: shows {[r[0] for r in shown]}, not {wanted}")
        if told != f"{len(wanted)} of {len(rows)} rows":
            problems.append(f"{what}: the counter says {told!r}")
        stray = view.run("""return [...document.querySelectorAll('tr.more')].filter((m) =>
            !m.hidden && m.previousElementSibling.hidden).length""")
        if stray:
            problems.append(f"{what}: {stray} unfolded texts without their row")

    view.unfold()
    word = rows[0][0][:4]
    named = [r[0] for r in rows if word in r[0]]
    view.type(field, word.upper())
    expect("a word", named)
    view.run("document.querySelector('.matrix thead').rows[1].cells[0].querySelector('button')"
             ".click()")
    expect("sorted while filtered", named)
    view.type(field, "no such thing")
    expect("no match", [])
    view.type(field, "")
    expect("nothing asked", [r[0] for r in rows])
    role = rows[-1][3]
    box = view.driver.find_element("css selector", f".filter input[value='{role}']")
    box.send_keys(" ")  # by keyboard
    expect(f"without {role}", [r[0] for r in rows if r[3] != role])
    return problems


def remembers_theme(view):
    """The button switches, the colours follow, a reload keeps it."""
    view.forget()
    problems, seen = [], []
    ground = "return getComputedStyle(document.body).backgroundColor"
    view.open(theme="")
    seen.append(view.run(ground))
    view.run("document.getElementById('theme').click()")
    seen.append(view.run(ground))
    if seen[0] == seen[1]:
        problems.append(f"the ground stays {seen[0]}")
    view.open(theme="")
    if view.run(ground) != seen[1]:
        problems.append("the theme is forgotten")
    view.forget()
    return problems


def opens(view):
    """Details and rows open by click and keyboard; only one click to the text behind."""
    view.open()
    problems = []
    summary = view.driver.find_element("css selector", ".claim summary")
    summary.send_keys("\n")
    if not view.run("return document.querySelector('.claim details').open"):
        problems.append("a claim's details do not open by keyboard")
    button = view.driver.find_element("css selector", ".matrix .open button")
    button.send_keys("\n")
    state = view.run("""const b = document.querySelector('.matrix .open button');
        const m = document.getElementById(b.getAttribute('aria-controls'));
        return [b.getAttribute('aria-expanded'), m.checkVisibility(), m.textContent.length]""")
    if state[:2] != ["true", True] or state[2] < 10:
        problems.append(f"a row does not unfold: {state}")
    button.send_keys("\n")
    if view.run("return document.querySelector('tr.more').checkVisibility()"):
        problems.append("a row does not fold again")
    return problems


def copies(view):
    """The copy button puts the command that it stands beside into the clipboard, from a disk."""
    problems = []
    for clipboard in (True, False):  # and where a browser refuses it, the old way
        view.open()
        view.cdp("Browser.grantPermissions",
                 permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        if not clipboard:
            view.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
        button = view.driver.find_element("css selector", "td.redo .copy")
        view.run("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", button)
        button.click()
        if not view.until("return document.querySelector('td.redo .copy').textContent == 'copied'"):
            problems.append("the button does not say that it copied")
        wanted = view.run("return document.querySelector('td.redo').dataset.copy")
        got = view.driver.execute_async_script(
            "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done("
            "String(e)))")
        if got != wanted or not wanted.startswith("scripts/cyclone redo "):
            problems.append(f"copied {got!r}, not {wanted!r}")
    return problems


k_paper = 703  # pixels between the margins of A4 upright


def prints(view):
    """On paper: light, all details open, nothing to click, nothing wider than the sheet."""
    view.open(theme="dark")
    view.cdp("Emulation.setDeviceMetricsOverride", width=k_paper, height=1000,
             deviceScaleFactor=1, mobile=False)
    view.cdp("Emulation.setEmulatedMedia", media="print")
    problems = []
    ground = view.run("return getComputedStyle(document.body).backgroundColor")
    if ground != "rgb(255, 255, 255)":
        problems.append(f"the ground is {ground}")
    ink = view.run("return getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    if max(ink) > 80:
        problems.append(f"the ink is {ink}")
    for what in ("nav", "#theme", ".filter", ".copy"):
        if view.run("return document.querySelector(arguments[0])?.checkVisibility()", what):
            problems.append(f"{what} is printed")
    closed = view.run("""return [...document.querySelectorAll(
        'details > :not(summary, .filter)')].filter(
        (e) => !e.checkVisibility({contentVisibilityAuto: true}) || !e.getBoundingClientRect()
        .height).length""")
    if closed:
        problems.append(f"{closed} folded parts are not printed")
    if view.run("return [...document.querySelectorAll('tr.more')].some((m) =>"
                " !m.checkVisibility())"):
        problems.append("the texts of the rows are not printed")
    wide = view.run("""return [...document.querySelectorAll('section:not(#matrix) *')]
        .filter((e) => !e.closest('#matrix') && !e.closest('.unseen'))
        .map((e) => [Math.round(e.getBoundingClientRect().right), e.tagName, e.className])
        .filter((e) => e[0] > innerWidth + 1).slice(0, 3)""")
    problems += [f"wider than the sheet: {w}" for w in wide]
    pdf = base64.b64decode(view.cdp("Page.printToPDF", preferCSSPageSize=True)["data"])
    if not pdf.startswith(b"%PDF") or not 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 80:
        problems.append(f"{len(re.findall(rb'/Type */Page', pdf))} pages are printed")
    view.cdp("Emulation.setEmulatedMedia", media="")
    return problems


def shown_button(view, seconds=5.0):
    """The first button that can be pressed; the page may still be laying itself out."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for button in view.driver.find_elements("css selector", ".rest:not([hidden])"):
            if button.is_displayed():
                return button
        time.sleep(0.05)
    return None


def shortens(view):
    """A long sentence is cut after a few lines with a button that shows the rest; a short one has
    no button; paper has all of it."""
    problems = []
    for width in WIDTHS:
        view.open(width)
        told = view.run("""return [...document.querySelectorAll('.sentence')].map((s) => {
            const b = s.nextElementSibling;
            return [s.scrollHeight > s.clientHeight + 1, b.checkVisibility(),
            s.clientHeight]; })""")
        if not any(cut for cut, _, _ in told):
            problems.append(f"{width} px: no sentence is cut")
        if any(height > 110 for _, _, height in told):
            problems.append(f"{width} px: a sentence takes {max(t[2] for t in told)} px")
        if any(cut != button for cut, button, _ in told):
            problems.append(f"{width} px: cut and button differ: {told}")
    if (button := shown_button(view)) is not None:
        button.send_keys("\n")
    state = view.run("""const b = document.querySelector('.rest[aria-expanded=true]');
        const s = b?.previousElementSibling;
        return b && [b.textContent, s.scrollHeight > s.clientHeight + 1]""")
    if state != ["less", False]:
        problems.append(f"the rest is not shown: {state}")
    view.open()
    view.cdp("Emulation.setEmulatedMedia", media="print")
    if view.run("return [...document.querySelectorAll('.sentence')].some((s) =>"
                " s.scrollHeight > s.clientHeight + 1)"):
        problems.append("a sentence is cut on paper")
    view.cdp("Emulation.setEmulatedMedia", media="")
    return problems


def first_screen(view):
    """Verdicts, controls and who was fastest without scrolling; the matrix shows evidence beside
    ratios without scrolling sideways, and keeps its first column."""
    view.open(1280, height=800)
    problems = [f"{what} is below the first screen" for what in (".glance", "#claims h3")
                if view.run("return document.querySelector(arguments[0]).getBoundingClientRect()"
                            ".bottom", what) > 800]
    edge = view.run("""const box = document.querySelector('#matrix .scroll');
        const ends = [...document.querySelectorAll('#matrix td.ratio')].map((c) =>
            c.getBoundingClientRect().right);
        return Math.max(...ends) - box.getBoundingClientRect().right""")
    if edge > 0:
        problems.append(f"the ratios are {edge:.0f} px beyond the edge")
    for width in WIDTHS:
        view.open(width)
        gone = view.run("""const box = document.querySelector('#matrix .scroll');
            box.scrollLeft = 400;
            return [...document.querySelectorAll('#matrix tr.row > th')].filter((c) =>
            c.getBoundingClientRect().left < box.getBoundingClientRect().left - 1).length""")
        if gone:
            problems.append(f"{width} px: {gone} names scroll away")
    return problems


def rings(view):
    """Whoever walks through with the keyboard sees where he is."""
    view.open()
    problems, seen = [], set()
    for _ in range(30):
        view.cdp("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab",
                 windowsVirtualKeyCode=9)
        name, style, width, shown = view.run("""const e = document.activeElement;
            const c = getComputedStyle(e); const r = e.getBoundingClientRect();
            return [e.tagName + ' ' + e.textContent.slice(0, 24), c.outlineStyle,
            parseFloat(c.outlineWidth), r.width > 0 && r.height > 0]""")
        seen.add(name)
        if style == "none" or width < 2 or not shown:
            problems.append(f"{name}: no ring")
    if len(seen) < 8:
        problems.append(f"the keyboard reaches {sorted(seen)} only")
    return problems


def accessible(view, themes=THEMES, widths=WIDTHS, where="body"):
    """axe-core finds no violation, everything unfolded."""
    problems = []
    for theme, width in zip(themes, widths):  # each theme at a width of its own
        view.open(width, theme)
        view.unfold()
        view.run(view.axe)
        found = view.driver.execute_async_script(
            "const done = arguments[1]; axe.run(arguments[0] == 'body' ? document : arguments[0],"
            " {resultTypes: ['violations']}).then("
            "(r) => done(r.violations.map((v) => [v.id, v.nodes.length, v.nodes[0].html,"
            " v.nodes[0].failureSummary])), (e) => done([[String(e), 0, '', '']]))", where)
        problems += [f"{theme}, {width} px: {rule} ({count}): {html[:160]}: {why[:200]}"
                     for rule, count, html, why in found]
    return problems


def drawn(view):
    """Every figure has a height, a name, and letters that can be read on a phone."""
    problems = []
    for width in WIDTHS:
        view.open(width)
        view.unfold()
        for name, height, plot, letter in view.run("""return [...document.querySelectorAll(
            'figure .plot > svg')].map((s) => [s.textContent.slice(0, 50),
            s.getBoundingClientRect().height, s.getBoundingClientRect().width,
            Math.min(...[...s.querySelectorAll('text')].map(
            (t) => parseFloat(getComputedStyle(t).fontSize)))])"""):
            if height < 80 or plot < 150 or letter < 10:
                problems.append(f"{width} px: {name}: {plot:.0f} x {height:.0f}, {letter} px")
    return problems

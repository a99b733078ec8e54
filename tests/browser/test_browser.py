"""The page in a real browser: every check passes on a rich page, and finds its planted fault."""

import browser
import checks
import pytest

EVERY = (checks.quiet, checks.fits, checks.sorts, checks.filters, checks.remembers_theme,
         checks.opens, checks.copies, checks.prints, checks.drawn, checks.shortens,
         checks.first_screen, checks.rings, checks.accessible)
SECTION = '<section id="claims">'  # an old text of the page that a fault may stand before


def names(check):
    return check.__name__


@pytest.mark.parametrize("check", EVERY, ids=names)
def test_a_rich_page_passes(driver, page, axe, check):
    assert check(browser.View(driver, page, axe)) == []


@pytest.mark.parametrize("check", (checks.quiet, checks.fits, checks.sorts, checks.filters),
                         ids=names)
def test_an_invalid_page_passes(driver, invalid_page, check):
    view = browser.View(driver, invalid_page)
    assert check(view) == []
    grey = view.run("return getComputedStyle(document.querySelector('header')).backgroundColor")
    seen = view.run("return document.querySelector('.stamp').textContent")
    assert seen == "INVALID" and grey in ("rgb(236, 236, 234)", "rgb(42, 45, 51)")


FAULTS = [
    (checks.quiet, SECTION, "<script>console.error('planted')</script>" + SECTION, "planted"),
    (checks.quiet, SECTION, "<script>nowhere()</script>" + SECTION, "nowhere"),
    (checks.quiet, SECTION, '<img alt="" src="http://cyclone.invalid/x.png">' + SECTION,
     "asks for http://cyclone.invalid/x.png"),
    (checks.fits, SECTION, '<div style="width: 1400px; height: 4px"></div>' + SECTION, "1280 px"),
    (checks.fits, SECTION, '<div style="width: 500px; height: 4px"></div>' + SECTION, "390 px"),
    (checks.fits, "overflow-wrap: anywhere", "overflow-wrap: normal; white-space: nowrap",
     "words leave"),
    (checks.sorts, "* (up ? 1 : -1)", "* (up ? 1 : 1)", "after descending"),
    (checks.sorts, "(x === null) - (y === null)", "(y === null) - (x === null)", "None"),
    (checks.sorts, "[row, row.nextElementSibling]", "[row]", "lost what it unfolds"),
    (checks.filters, "row.hidden = !here", "row.hidden = false", "shows"),
    (checks.filters, "seen += here", "seen += 1", "the counter says"),
    (checks.filters, "roles.includes(row.dataset.role) &&", "", "without"),
    (checks.remembers_theme, "store.set(root.dataset.theme)", "0", "forgotten"),
    (checks.remembers_theme, 'dark ? "light" : "dark"', '"light"', "stays"),
    (checks.opens, "row.hidden = !row.hidden", "row.hidden = true", "does not unfold"),
    (checks.copies, "writeText(text)", "writeText('else')", "copied 'else'"),
    (checks.copies, "field.value = text", "field.value = 'else'", "copied 'else'"),
    (checks.prints, "details::details-content", "details::nothing", "folded"),
    (checks.prints, ".filter, .copy, td.redo", ".nothing", ".filter is printed"),
    (checks.prints, "@media screen {", "@media all {", "the ink is"),
    (checks.drawn, "svg .tick {", "svg text { font-size: 6px !important; } svg .tick {", "6 px"),
    (checks.shortens, '.classList.add("clamped")', "", "no sentence is cut"),
    (checks.shortens, "made.hidden = ", "// ", "differ"),
    (checks.shortens, "-webkit-line-clamp: 2", "-webkit-line-clamp: 9", "no sentence is cut"),
    (checks.shortens, "{ display: block; overflow: visible; }", "{}", "on paper"),
    (checks.first_screen, '<div class="glance">', '<div class="glance" style="margin-top: 30rem">',
     "below the first screen"),
    (checks.first_screen, ".matrix .edge { padding-left: 1.1rem; }",
     ".matrix .edge { padding-left: 30rem; }", "beyond the edge"),
    (checks.first_screen, "position: sticky; left: 0; z-index", "position: static; z-index",
     "scroll away"),
    (checks.rings, ":focus-visible { outline: 2px solid", ":focus-visible { outline: 0 solid",
     "no ring"),
    (checks.accessible, SECTION, SECTION + '<p style="color: #aaa; background: #fff">faint</p>',
     "color-contrast"),
    (checks.accessible, SECTION, SECTION + '<input type="text">', "label"),
]


@pytest.mark.parametrize(("check", "old", "new", "words"), FAULTS,
                         ids=[f"{f[0].__name__}-{i}" for i, f in enumerate(FAULTS)])
def test_a_planted_fault_is_found(driver, spoiled, axe, check, old, new, words):
    view = browser.View(driver, spoiled(old, new), axe)
    if check is checks.accessible:  # one theme and one section are enough to bite
        found = checks.accessible(view, ("light",), (1280,), "#claims")
    else:
        found = check(view)
    assert found and words in "\n".join(found), found


def test_a_missing_program_names_its_remedy(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(AssertionError, match="scripts/setup run test"):
        browser.tool("chromium")

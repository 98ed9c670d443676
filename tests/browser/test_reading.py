"""What a reader does with the built book: search, turn a figure, make it dark, unfold code by keyboard."""

import pytest

from widesym.book.print import browser

BOTH = pytest.mark.parametrize("scheme", ["file", "http"])
FILE = pytest.mark.parametrize("scheme", ["file"])
TURNED = [("book/meanfield/particle-views.html", 0), ("book/meanfield/particle-views.html", 1)]
FILM = "book/synergy/rotations.html"
PLOT = ".widesym-interactive-plot"


def opened(reader, address):
    reader.set_default_timeout(120e3)
    reader.goto(address)
    browser.settle(reader)
    return reader


@BOTH
def test_the_first_address_leads_to_the_first_page(reader, sites, scheme):
    reader.goto(sites[scheme] + "index.html")
    reader.wait_for_url("**/book/intro.html", timeout=60e3)
    assert reader.locator("article h1").count() == 1 and not reader.faults


@BOTH
@pytest.mark.parametrize(
    ("term", "page"), [("transport", "book/meanfield/"), ("pooling", "book/synergy/pooling")]
)
def test_search_finds_a_term_and_leads_to_a_page_that_has_it(reader, sites, scheme, term, page):
    opened(reader, sites[scheme] + "book/intro.html")
    reader.keyboard.press("Control+K")
    reader.keyboard.type(term)
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/search.html?q=*", timeout=60e3)
    found = reader.locator("#search-results li a")
    found.first.wait_for(timeout=60e3)
    reader.wait_for_load_state("networkidle")
    links = found.evaluate_all("links => links.map(link => link.href)")
    wanted = next(link for link in links if page in link)
    opened(reader, wanted)
    assert term in reader.locator("article").inner_text().lower()
    assert not reader.faults


@FILE
def test_search_for_nonsense_finds_nothing(reader, sites, scheme):
    opened(reader, sites[scheme] + "search.html?q=xyzzyqwert")
    reader.get_by_text("did not match any documents").wait_for()
    assert reader.locator("#search-results li").count() == 0 and not reader.faults


def camera(plot):
    return plot.evaluate("plot => plot._fullLayout.scene._scene.getCamera().eye")


@BOTH
@pytest.mark.parametrize(("page", "number"), TURNED)
def test_a_drag_turns_the_figure(reader, sites, scheme, page, number):
    plot = opened(reader, sites[scheme] + page).locator(PLOT).nth(number)
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    before = camera(plot)
    reader.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reader.mouse.down()
    reader.mouse.move(box["x"] + box["width"] / 2 + 120, box["y"] + box["height"] / 2 + 40, steps=5)
    reader.mouse.up()
    reader.wait_for_timeout(200)
    after = camera(plot)
    assert max(abs(before[axis] - after[axis]) for axis in "xyz") > 0.1
    assert not reader.faults


@FILE
def test_the_film_plays_to_another_picture(reader, sites, scheme):
    plot = opened(reader, sites[scheme] + FILM).locator(PLOT).first
    shown = "plot => plot.querySelector('image').getAttribute('href') ?? plot.data[0].source"
    before = plot.evaluate("plot => plot.data[0].source")
    plot.locator(".updatemenu-button").first.click()
    reader.wait_for_function(
        "([plot, first]) => plot.data[0].source !== first", arg=[plot.element_handle(), before]
    )
    assert plot.evaluate(shown) and not reader.faults


@FILE
def test_the_switch_makes_the_book_dark_and_it_stays_so(reader, sites, scheme):
    opened(reader, sites[scheme] + "book/intro.html")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = reader.evaluate(ground)
    for _ in range(3):  # light, dark, as the system
        if reader.evaluate("document.documentElement.dataset.mode") == "dark":
            break
        reader.locator(".theme-switch-button").first.click()
    assert reader.evaluate("document.documentElement.dataset.theme") == "dark"
    dark = reader.evaluate(ground)
    assert dark != light
    opened(reader, sites[scheme] + "book/notation.html")
    assert reader.evaluate(ground) == dark and not reader.faults


@FILE
def test_code_unfolds_by_keyboard(reader, sites, scheme):
    fold = opened(reader, sites[scheme] + FILM).locator("details.hide").first
    code = fold.locator("pre").first
    assert not code.is_visible()
    fold.locator("summary").focus()
    reader.keyboard.press("Enter")
    code.wait_for(state="visible")
    reader.keyboard.press("Space")
    code.wait_for(state="hidden")
    assert not reader.faults


@FILE
def test_the_first_tab_offers_to_skip_to_the_content(reader, sites, scheme):
    opened(reader, sites[scheme] + FILM)
    reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    assert reader.evaluate("location.hash") == "#main-content"
    assert reader.locator("#main-content").count() == 1


@FILE
def test_a_table_that_grows_wider_than_its_column_can_be_scrolled_by_keyboard(reader, sites, scheme):
    opened(reader, sites[scheme] + "book/synergy/speed.html")
    table = reader.locator(".table-wrapper").last
    frames = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
    # as by a font that comes late: the column's height stays
    for size, stop in (("100%", -1), ("8000px", 0), ("100%", -1)):
        table.evaluate("(region, size) => { region.firstElementChild.style.minWidth = size }", size)
        table.evaluate(frames)
        assert table.evaluate("region => region.tabIndex") == stop

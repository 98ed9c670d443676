"""The scoreboard in a browser: it sorts and filters, by keyboard too, and its state is its address."""

import pytest

from widesym.book.print import browser

BOTH = pytest.mark.parametrize("scheme", ["file", "http"])
FILE = pytest.mark.parametrize("scheme", ["file"])
PAGE = "book/scoreboard.html"
ROWS = "table.widesym-scoreboard tbody tr"


def opened(reader, address):
    reader.set_default_timeout(120e3)
    reader.goto("about:blank")  # another hash alone would not load the page anew
    reader.goto(address)
    reader.locator(".widesym-filter").wait_for()
    return reader


def ids(reader):
    """The ids of the rows that are seen, in the order in which they are."""
    return reader.locator(f"{ROWS}:visible").evaluate_all("rows => rows.map(row => row.id)")


def data(reader, name):
    return reader.locator(f"{ROWS}:visible").evaluate_all(f"rows => rows.map(row => row.dataset.{name})")


def hash_of(reader):
    return reader.evaluate("location.hash")


@BOTH
def test_filters_join_and_stand_in_the_address(reader, sites, scheme):
    opened(reader, sites[scheme] + PAGE)
    everything = ids(reader)
    assert len(everything) == reader.locator(ROWS).count() and hash_of(reader) == ""
    reader.get_by_label("Paper", exact=True).select_option(label="Part B")
    reader.get_by_label("Kind", exact=True).select_option("statement")
    assert set(data(reader, "paper")) == {"SS"} and set(data(reader, "kind")) == {"statement"}
    both = "row => /kernel/i.test(row.textContent) && /vec/i.test(row.textContent)"
    chosen = reader.locator(f"{ROWS}:visible").evaluate_all(f"rows => rows.filter({both}).map(row => row.id)")
    assert 0 < len(chosen) < len(ids(reader))
    reader.get_by_label("Text", exact=True).fill("KERNEL vec")
    found = ids(reader)
    assert found == chosen and hash_of(reader) == "#paper=SS&kind=statement&q=KERNEL+vec"
    told = reader.locator(".widesym-filter output")
    assert told.inner_text() == f"{len(found)} of {len(everything)} claims"
    # the address alone gives the same view, also to who was never here
    opened(reader, reader.url)
    assert ids(reader) == found and reader.get_by_label("Kind", exact=True).input_value() == "statement"
    reader.get_by_role("button", name="Show all").click()
    assert ids(reader) == everything and hash_of(reader) == ""
    assert not reader.faults


@FILE
def test_every_column_sorts_both_ways_and_says_so(reader, sites, scheme):
    opened(reader, sites[scheme] + PAGE)
    everything = ids(reader)
    heads = reader.locator("table.widesym-scoreboard thead th")
    for number in range(heads.count()):
        head, cells = heads.nth(number), f"row => row.cells[{number}]"
        shown = []
        for told in ("ascending", "descending"):
            head.get_by_role("button").click()
            assert head.get_attribute("aria-sort") == told
            assert reader.locator("th[aria-sort=none]").count() == heads.count() - 1
            shown.append(
                reader.locator(ROWS).evaluate_all(
                    f"rows => rows.map({cells}).map(cell => cell.dataset.order ?? cell.textContent.trim())"
                )
            )
        rising, falling = shown
        words = "keys => [...keys].sort((a, b) => a.localeCompare(b))"
        numbers = all(key.isdigit() for key in rising)
        ordered = sorted(rising, key=int) if numbers else reader.evaluate(words, rising)
        assert len(set(rising)) > 1 and rising == ordered and falling == ordered[::-1]
    assert sorted(ids(reader)) == sorted(everything)


@FILE
def test_keyboard_alone_sorts(reader, sites, scheme):
    opened(reader, sites[scheme] + PAGE)
    reader.get_by_label("Text", exact=True).focus()
    for _ in range(2):  # past "Show all" to the first column
        reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    reader.keyboard.press("Space")
    first = reader.locator("table.widesym-scoreboard thead th").first
    assert first.get_attribute("aria-sort") == "descending" and hash_of(reader) == "#sort=-id"
    assert ids(reader)[-1] == "A-S1"


@FILE
def test_verdict_of_the_tally_leads_to_its_claims(reader, sites, scheme):
    opened(reader, sites[scheme] + PAGE)
    reader.locator(".widesym-tally a", has_text="holds").click()
    assert set(data(reader, "verdict")) == {"holds"}
    # a verdict of several words; where no claim has it, the address names nothing
    opened(reader, sites[scheme] + PAGE)
    verdicts, words = set(data(reader, "verdict")), "not run at this scale"
    opened(reader, sites[scheme] + PAGE + "#verdict=not+run+at+this+scale")
    assert set(data(reader, "verdict")) == ({words} if words in verdicts else verdicts)
    field = reader.get_by_label("Verdict", exact=True)
    assert field.input_value() == (words if words in verdicts else "")


@FILE
@pytest.mark.parametrize("end", ["#kind=nonsense", "#sort=nonsense", "#A-S1", "#=&&=", "#q=%E0%A4%A"])
def test_address_that_names_nothing_shows_everything(reader, sites, scheme, end):
    opened(reader, sites[scheme] + PAGE + end)
    shown = ids(reader)
    if "q=" not in end:
        assert len(shown) == reader.locator(ROWS).count() and shown[0] == "A-S1"
    assert not reader.faults


@FILE
def test_row_of_a_claim_shows_though_a_filter_would_hide_it(reader, sites, scheme):
    opened(reader, sites[scheme] + PAGE + "#paper=SS")
    assert "A-S1" not in ids(reader)
    reader.evaluate("location.hash = '#A-S1'")
    reader.locator("#A-S1").wait_for()
    assert reader.locator("#A-S1").is_visible()


@FILE
def test_claim_and_its_row_lead_to_each_other(reader, sites, scheme):
    opened(reader, sites[scheme] + PAGE)
    row = reader.locator(ROWS).filter(has=reader.locator("th a")).first
    name = row.get_attribute("id")
    row.locator("th a").click()
    box = reader.locator(f"#claim-{name}")
    box.wait_for()
    verdict = box.locator(".widesym-sign").inner_text()
    assert reader.locator(f"#checks-{name}").count() == 1
    box.get_by_role("link", name="in the scoreboard").click()
    back = reader.locator(f"tr#{name}")
    back.wait_for()
    assert hash_of(reader) == f"#{name}"
    assert back.locator("td.verdict").inner_text().strip() == verdict and not reader.faults


@FILE
def test_phone_sorts_by_a_choice_and_does_not_scroll_sideways(reader, sites, scheme):
    reader.set_viewport_size({"width": 390, "height": 800})
    opened(reader, sites[scheme] + PAGE)
    browser.settle(reader)
    reader.get_by_label("Sort by").select_option("-id")
    assert ids(reader)[-1] == "A-S1"
    reader.get_by_label("Paper", exact=True).select_option(label="Part A")
    assert set(data(reader, "paper")) == {"MF"}
    assert reader.evaluate("document.documentElement.scrollWidth") == 390


@FILE
def test_table_is_whole_without_scripts(chromium, sites, scheme):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(sites[scheme] + PAGE)
    assert page.locator(f"{ROWS}:visible").count() == page.locator(ROWS).count() > 40
    assert page.locator(".widesym-filter").count() == 0
    context.close()


@FILE
@pytest.mark.parametrize("page", ["book/intro.html"])
def test_first_page_says_in_one_screen_what_was_found(reader, sites, scheme, page):
    reader.set_viewport_size({"width": 1300, "height": 900})
    reader.goto(sites[scheme] + page)
    browser.settle(reader)
    for part, least in ((".widesym-tally li", 5), (".widesym-thumbnails img", 3), (".widesym-map li li", 30)):
        found = reader.locator(part)
        assert found.count() >= least
        bottoms = found.evaluate_all("parts => parts.map(part => part.getBoundingClientRect().bottom)")
        assert max(bottoms) <= 900, part
    reader.locator(".widesym-thumbnails a").first.click()
    assert "/book/meanfield/rmd-strong-start.html" in reader.url

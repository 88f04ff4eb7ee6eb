"""A report in a real browser: drawing, interaction, and no network access."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def page(opened, report):
    """A report in the browser."""
    page = opened(report)
    page.wait_for_selector("#plot .main-svg")
    return page


@pytest.fixture(scope="module")
def shared(opened_once, report):
    """A report in the browser, for tests that leave it as they found it."""
    page = opened_once(report)
    page.wait_for_selector("#plot .main-svg")
    return page


def curves(page):
    """Names in the legend."""
    return page.locator("#plot .legendtext").all_text_contents()


def rows(page):
    return page.locator("#results tbody tr")


def column(page, title):
    """Texts of a column of the table."""
    titles = page.locator("#results thead th").all_inner_texts()
    place = [t.strip() for t in titles].index(title) + 1
    return page.locator(f"#results tbody td:nth-child({place})").all_inner_texts()


def test_curves_are_drawn_for_every_transmitter(shared):
    assert curves(shared)[:2] == ["jpeg2000_ldpc", "jpeg_ldpc"]
    assert shared.locator("#plot .scatterlayer .trace").count() >= 2
    assert shared.locator("#plot .errorbar").count() > 0


def test_no_button_sends_a_chart_elsewhere(shared):
    buttons = "[...document.querySelectorAll('.modebar-btn')].map(b => b.dataset.title)"
    assert shared.evaluate(buttons) == [
        "Download plot as a PNG",
        "Zoom",
        "Pan",
        "Reset axes",
    ]


def test_a_transmitter_can_be_left_out(page):
    page.get_by_label("jpeg_ldpc", exact=True).uncheck()
    assert "jpeg_ldpc" not in curves(page)
    assert "jpeg2000_ldpc" in curves(page)


def test_metric_channel_and_axis_can_be_chosen(page):
    def drawn():
        return page.evaluate("document.getElementById('plot').data[0].y")

    def axis():
        return page.locator("#plot .xtitle").text_content()

    psnr = drawn()
    page.locator("[name=channel]").select_option("rayleigh")
    over_rayleigh = drawn()
    page.locator("[name=metric]").select_option("ms_ssim")
    assert psnr != over_rayleigh
    assert all(0 <= value <= 1 for value in drawn())
    assert axis() == "Es/N0 [dB]"
    page.locator("[name=axis]").select_option("cbr_target")
    assert axis() == "CBR (measured)"


def test_hovering_shows_value_and_interval(shared):
    text = shared.evaluate("document.getElementById('plot').data[0].text[1]")
    shared.evaluate("Plotly.Fx.hover('plot', [{curveNumber: 0, pointNumber: 1}])")
    shared.wait_for_selector("#plot .hovertext")
    shown = shared.locator("#plot .hoverlayer").text_content()
    assert "±" in shown
    assert "jpeg2000_ldpc" in shown
    assert "outage" in text


def test_published_curves_say_where_they_are_from(page):
    page.locator("[name=axis]").select_option("cbr_target")
    page.locator("[name=at]").select_option("10")
    page.get_by_label("NTSCC (published)", exact=True).check()
    assert "NTSCC (published), kodak" in curves(page)
    assert "on other pictures" not in page.locator("#curve-published").inner_text()
    note = page.locator("#published-note").inner_text()
    assert "NTSCC (published): kodak, CBR = " in note
    assert "issue 13" in note
    assert "not counted" in note


def test_a_filter_changes_the_table(shared):
    assert rows(shared).count() == 16
    shared.get_by_label("Filter").fill("jpeg_ldpc rayleigh 10dB")
    assert rows(shared).count() == 2
    assert set(column(shared, "transmitter")) == {"jpeg_ldpc"}
    assert shared.locator("#count").inner_text() == "2 of 16 points"
    shared.get_by_label("Filter").fill("nothing like it")
    assert rows(shared).count() == 0
    shared.get_by_label("Filter").fill("")
    assert rows(shared).count() == 16


def test_a_heading_sorts_the_table(shared):
    heading = shared.locator("#results thead button").get_by_text("CBR", exact=True)
    heading.click()
    values = [float(text) for text in column(shared, "CBR")]
    assert values == sorted(values)
    heading.click()
    assert [float(text) for text in column(shared, "CBR")] == sorted(values)[::-1]


def test_the_slider_moves_the_border(shared):
    def cut():
        return shared.evaluate(
            "getComputedStyle(document.getElementById('original')).clipPath"
        )

    before = cut()
    shared.locator("#slider").fill("90")
    assert before != cut()
    assert "10%" in cut()
    shared.locator("#slider").press("ArrowLeft")
    assert "11%" in cut()


def test_pictures_follow_what_is_chosen(page):
    def shown():
        return page.locator("#received").get_attribute("src")

    at_10_db = page.locator("#browser [name=place]")
    at_10_db.select_option(label="awgn, CBR 0.06, Es/N0 10 dB")
    first, caption = shown(), page.locator("#caption").inner_text()
    assert page.evaluate("document.getElementById('received').naturalWidth") > 100
    page.locator("#browser [name=transmitter]").select_option(label="jpeg_ldpc")
    assert shown() != first
    assert page.locator("#caption").inner_text() != caption
    assert page.locator("#shots tr.chosen td").first.inner_text() == "jpeg_ldpc"
    page.locator("#shots tbody tr").first.click()
    assert shown() == first


def test_a_phone_need_not_scroll_sideways(page):
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_prints(page):
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("#curve-controls").is_visible()
    assert page.locator("#plot").is_visible()

"""The page of a session in a real browser: steps by key, click and slider."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def page(opened, session_run):
    """The page of a session in the browser."""
    return opened(session_run / "session.html")


def place(page):
    return page.locator("#place").inner_text().split(",")[0]


def test_keys_step_through_the_frames(page):
    assert place(page) == "frame 0 of 4"
    for key, frame in (("ArrowRight", 1), ("End", 3), ("ArrowLeft", 2), ("Home", 0)):
        page.keyboard.press(key)
        assert place(page) == f"frame {frame} of 4"
    page.keyboard.press("ArrowLeft")
    assert place(page) == "frame 0 of 4"


def test_buttons_slider_and_strip_agree(page):
    page.click("#next")
    assert page.locator("#slider").input_value() == "1"
    page.locator("#slider").fill("3")
    assert place(page) == "frame 3 of 4"
    page.locator("#strip button").nth(2).click()
    assert place(page) == "frame 2 of 4"
    assert page.locator("#strip button[aria-current]").count() == 1


def test_a_frame_has_its_pictures_and_its_ledger(page):
    for name in ("sent", "received"):
        width = page.evaluate(f"document.getElementById('{name}').naturalWidth")
        assert width == 96
    numbers = page.locator("#ledger tbody td:nth-child(3)").all_inner_texts()
    total = page.locator("#ledger tfoot td:nth-child(3)").inner_text()
    assert sum(int(n.replace(",", "")) for n in numbers) == int(total.replace(",", ""))
    assert "verb: watch" in page.locator("#wish").inner_text()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width

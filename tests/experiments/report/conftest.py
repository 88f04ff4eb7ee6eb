"""A small run with photos, and its report."""

import contextlib
import shutil

import pytest

from experiments import compose
from experiments.commands.sweeping import config_path, run
from experiments.report.write import write_report
from semlink import config

SMALL = (
    "transmitter=jpeg2000_ldpc jpeg_ldpc",
    "channel=awgn rayleigh",
    "snr_db=4 10",
    "cbr=0.03 0.06",
    "stop.images=2",
)


@pytest.fixture(scope="session")
def sweep_of():
    """Makes a sweep of the default configuration and what is said beside."""
    return lambda said: compose.sweep_of(config.load(config_path("sweep"), said))


@pytest.fixture(scope="session")
def photo_run(sweep_of, tmp_path_factory):
    """The folder of a run over photos."""
    folder = tmp_path_factory.mktemp("runs") / "photo run"
    run(sweep_of(SMALL), folder)
    return folder


@pytest.fixture(scope="session")
def report(photo_run, tmp_path_factory):
    """Its report, with all that can be shown."""
    write_report(photo_run, None, 32, (tmp_path_factory.mktemp("cache"), 1.0))
    return photo_run / "report.html"


# as root, and with nothing that a browser asks of the network by itself
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update"
)


@pytest.fixture(scope="session")
def browser():
    """A real browser; Debian's package ``chromium`` has it."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs chromium (Debian's package of that name)")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Give a page as opened from disk; none may leave an error or a request."""
    with a_page(browser) as open_file:
        yield open_file


@pytest.fixture(scope="module")
def opened_once(browser):
    """The same for tests that leave a page as they found it."""
    with a_page(browser) as open_file:
        yield open_file


@contextlib.contextmanager
def a_page(browser):
    """Opens files in one page, and checks in the end what it did."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors, requests, files = [], [], []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))

    def open_file(path):
        files.append(path.as_uri())
        page.goto(files[-1])
        return page

    yield open_file
    page.close()
    assert errors == []
    assert [r for r in requests if not r.startswith(("data:", "blob:"))] == files

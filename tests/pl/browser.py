"""A page of the report in headless Chromium, and the hands of a reader."""

from playwright.sync_api import TimeoutError

PLACE = """([name, i]) => {
  const div = document.getElementById(name), box = div.getBoundingClientRect();
  const { xaxis, yaxis } = div._fullLayout;
  const { x, y } = div.data[0];
  return [box.x + xaxis._offset + xaxis.l2p(x[i]), box.y + yaxis._offset + yaxis.l2p(y[i])];
}"""

_PATIENCE = 120_000  # milliseconds, on a machine that others use too
_TRIES = 5


def opened(chromium, path, *, fragment="", size=(1360, 900), **options):
    """The page when its first view is drawn, with what it logged and what it asked of the network."""
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, **options)
    page.set_default_timeout(_PATIENCE)
    page.problems, page.requests = [], []
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: page.problems.append(dialog.message))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(path.as_uri() + fragment)
    page.wait_for_selector("html[data-ready]")
    return page


def hover(page, view, cell, shows):
    """Move onto a cell of a view until the page's tip names what it should show.

    The way to a cell may lead over another, whose tip is not waited for.
    """
    shown = "text => { const tip = report.by('tip'); return !tip.hidden && tip.innerText.includes(text); }"
    _until(page, lambda: _onto_cell(page, view, cell), shown, shows)


def lasso(page, view):
    """Draw around the left half of a view; where its right edge lies."""
    right = _until(page, lambda: _around_left_half(page, view), "report.state.lasso")
    page.wait_for_function("report.views.all.every((view) => view.plot.data[0].selectedpoints)")
    return right


def _until(page, move, condition, arg=None):
    """Make a movement again until the page answers: one that is busy drawing misses the mouse."""
    for _ in range(_TRIES - 1):
        done = move()
        try:
            page.wait_for_function(condition, arg=arg, timeout=_PATIENCE / 8)
            return done
        except TimeoutError:
            continue
    done = move()
    page.wait_for_function(condition, arg=arg)
    return done


def _onto_cell(page, view, cell):
    x, y = page.evaluate(PLACE, [view, int(cell)])
    page.mouse.move(x - 30, y)
    page.mouse.move(x, y, steps=4)


def _around_left_half(page, view):
    box = page.locator(f"#{view} .nsewdrag").first.bounding_box()
    left, top = box["x"] + 5, box["y"] + 5
    right, bottom = box["x"] + box["width"] / 2, box["y"] + box["height"] - 5
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()
    return right


def saved(page, button):
    """Text of the file that a button saves, and its name."""
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.path().read_text(encoding="utf-8"), download.value.suggested_filename

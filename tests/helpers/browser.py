"""A page in headless Chromium: how wide it is there, and whether all pictures were drawn."""

import json
import re
import shutil
import subprocess
from html import unescape

CHROMIUM = shutil.which("chromium")
# In a frame, as Chromium's own window is never narrower than 500 pixels.
_FRAME = """<!DOCTYPE html><meta name="color-scheme" content="light dark"/>
<iframe src="{page}" width="{width}" height="900" style="border: 0"></iframe>
<script>addEventListener("message", told => document.body.dataset.seen = told.data);</script>"""
_TELL = """
<script>
addEventListener("load", () => {
  const wide = [...document.querySelectorAll(".wide")];
  parent.postMessage(JSON.stringify({
    width: document.documentElement.scrollWidth,
    tables: wide.filter(one => one.scrollWidth > one.clientWidth).length,
    pictures: [...document.images].every(one => one.naturalWidth > 0),
    text: getComputedStyle(document.body).color,
    page: getComputedStyle(document.body).backgroundColor,
  }), "*");
});
</script></body>"""


def seen(page, width, dark=False):
    """What Chromium sees of a page, a file, in a frame of this width in pixels.

    width: of the page; wider than the frame where it scrolls sideways. tables: how many do, by
    themselves. pictures: whether all are there. text, page: their colours.
    """
    telling, frame = (page.with_name(name) for name in ("telling.html", "frame.html"))
    text = page.read_text(encoding="utf-8").replace("</body>", _TELL)
    telling.write_text(text, encoding="utf-8")
    frame.write_text(_FRAME.format(page=telling.as_uri(), width=width), encoding="utf-8")
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1400,1000",
            *scheme,
            f"--user-data-dir={page.parent / 'browser'}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            frame.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    return json.loads(unescape(re.search(r'data-seen="([^"]*)"', done.stdout)[1]))

"""Make the extract of caniemail's data that mails are checked against.

npm pack caniemail@VERSION && tar xzf caniemail-*.tgz
python docs/caniemail.py package
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

EXTRACT = Path(__file__).parent.parent / "src/pixeldigest/formats/mailcheck/caniemail.json"

# Windows Mail is left out: it ended in 2024.
CLIENTS: Final = {
    "Gmail (web)": ("gmail", "desktop-webmail"),
    "Gmail (mobile web)": ("gmail", "mobile-webmail"),
    "Gmail (iOS)": ("gmail", "ios"),
    "Gmail (Android)": ("gmail", "android"),
    "Outlook (Windows)": ("outlook", "windows"),
    "Outlook (macOS)": ("outlook", "macos"),
    "Outlook (web)": ("outlook", "outlook-com"),
    "Outlook (iOS)": ("outlook", "ios"),
    "Outlook (Android)": ("outlook", "android"),
    "Apple Mail (macOS)": ("apple-mail", "macos"),
    "Apple Mail (iOS)": ("apple-mail", "ios"),
}

# What is used where a feature's title does not say it, or says it in a way of its own.
USES: Final = {
    "css-at-media-hover": ("@media (hover)", "@media (any-hover)"),
    "css-block-inline-size": ("block-size", "inline-size"),
    "css-border-inline-block": ("border-inline", "border-block"),
    "css-border-inline-block-individual": (),
    "css-border-inline-block-longhand": (),
    "css-border-radius-logical": (),
    "css-color-scheme": ("color-scheme",),
    "css-column-count": ("column-count", "columns"),
    "css-column-layout-properties": ("column-rule", "column-span", "column-width"),
    "css-flex-wrap": ("flex-wrap",),
    "css-flex-direction": ("flex-direction",),
    "css-gap": ("gap", "column-gap", "row-gap"),
    "css-grid-template": ("grid-template", "grid-template-areas", "grid-template-columns", "grid-template-rows"),
    "css-important": ("!important",),
    "css-inline-size": (),
    "css-intrinsic-size": ("fit-content", "min-content", "max-content"),
    "css-left-right-top-bottom": ("left", "right", "top", "bottom"),
    "css-modern-color": ("lch()", "oklch()", "lab()", "oklab()"),
    "css-margin-block-start-end": ("margin-block-start", "margin-block-end"),
    "css-margin-inline-block": ("margin-inline", "margin-block"),
    "css-margin-inline-start-end": ("margin-inline-start", "margin-inline-end"),
    "css-nesting": (),
    "css-overflow": ("overflow", "overflow-x", "overflow-y"),
    "css-padding-block-start-end": ("padding-block-start", "padding-block-end"),
    "css-padding-inline-block": ("padding-inline", "padding-block"),
    "css-padding-inline-start-end": ("padding-inline-start", "padding-inline-end"),
    "css-comments": (),
    "css-pseudo-class-lang": (":lang",),
    "css-pseudo-class-has": (":has",),
    "css-scroll-snap": ("scroll-snap-type", "scroll-snap-align"),
    "css-selector-universal": ("universal selector",),
    "css-sytem-ui": ("system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace"),
    "css-unit-calc": ("calc()",),
    "css-unit-initial": ("initial",),
    "css-variables": ("var()",),
    "html-address": ("<address>",),
    "html-anchor-links": (),
    "html-button-reset": (),
    "html-button-submit": ("<button>",),
    "html-comments": (),
    "html-doctype": (),
    "html-h1-h6": ("<h1>", "<h2>", "<h3>", "<h4>", "<h5>", "<h6>"),
    "html-image-maps": ("<map>", "<area>", "usemap attribute"),
    "html-input-checkbox": (),
    "html-input-hidden": (),
    "html-input-radio": (),
    "html-input-reset": (),
    "html-input-submit": (),
    "html-input-text": ("<input>",),
    "html-lists": ("<ul>", "<ol>", "<dl>"),
    "html-mailto-links": (),
    "html-meta-color-scheme": ("meta color-scheme",),
    "html-semantics": (
        *("<article>", "<aside>", "<details>", "<figcaption>", "<figure>", "<footer>", "<header>", "<main>"),
        *("<mark>", "<nav>", "<section>", "<summary>", "<time>"),
    ),
    "html-srcset": ("srcset attribute", "sizes attribute"),
    "html-svg": ("<svg>",),
    "image-base64": (),
    "image-hdr": (),
    "image-jpg": (".jpg image", ".jpeg image"),
    "image-tiff": (".tif image", ".tiff image"),
    "image-mp4": (".mp4 image",),
}


def main(package: Path) -> None:
    """Write the extract from the unpacked package."""
    published = json.loads((package / "data/caniemail.json").read_text(encoding="utf-8"))
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    head = {
        "source": "https://www.caniemail.com/ (github.com/hteumeuleu/caniemail)",
        "package": f"npm: {about['name']} {about['version']}",
        "updated": published["last_update_date"],
        "licence": "MIT, Copyright (c) 2019 HTeuMeuLeu",
        "about": "By use: the feature, then by client in this order y (supported), a (in part), n (not), u (unknown) "
        "and the numbers of notes.",
        "clients": list(CLIENTS),
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()]
    uses = dict(sorted(_uses(published["data"])))
    rows = ",\n".join(f"    {json.dumps(use)}: {json.dumps(row, ensure_ascii=False)}" for use, row in uses.items())
    text = "\n".join(["{", *lines, '  "uses": {', rows, "  }", "}", ""])
    EXTRACT.write_text(text, encoding="utf-8")


def _uses(features: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, object]]]:
    for feature in features:
        if feature["category"] == "others":
            continue
        support = [_latest(feature["stats"], *client) for client in CLIENTS.values()]
        cited = sorted({number for one in support if one[0] in "an" for number in re.findall(r"#(\d+)", one)}, key=int)
        known = feature["notes_by_num"] or {}
        notes = {number: known[number] for number in cited if number in known}
        row: dict[str, object] = {"feature": feature["slug"], "support": " ".join(support)}
        for use in USES.get(feature["slug"], (_use(feature),)):
            yield use, row | ({"notes": notes} if notes else {})


def _latest(stats: dict[str, dict[str, dict[str, str]]], family: str, platform: str) -> str:
    """Take what was tested last: versions stand in the order of the tests."""
    tested = list(stats.get(family, {}).get(platform, {"": "u"}).values())
    return tested[-1].replace(" ", "")


def _use(feature: dict[str, Any]) -> str:
    """Name what is used as the check names it: `<abbr>`, `align attribute`, `display: flex`, `rem unit`, `:hover`."""
    title = feature["title"].strip()
    if feature["category"] == "image":
        return f".{feature['slug'].removeprefix('image-')} image"
    if element := re.match(r"<\w+>", title):
        return element[0]
    if value := re.fullmatch(r"([\w-]+):\s*([\w-]+)", title):
        return f"{value[1]}: {value[2]}"
    return re.sub(r" (property|shorthand|keyword)$", "", title)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What mail programs do with HTML and CSS: nothing that they remove, and nothing that one of them does not know.

The programs are Gmail, Outlook and Apple Mail on every platform; what they know is caniemail's data, of which
`caniemail.json` is an extract (docs/caniemail.py makes it, and with it a newer one).
"""

from __future__ import annotations

import functools
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pixeldigest.formats.mailcheck.css import Declaration, Rule, inline_style, style_rules
from pixeldigest.formats.mailcheck.message import Mail
from pixeldigest.formats.mailcheck.tree import Element, parse_html, walk
from pixeldigest.formats.rendition import Fault

EXTRACT: Final = Path(__file__).with_name("caniemail.json")

# What one program or another lacks and a mail may have all the same, with the reason.
ENHANCEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "<style>": "it only adds to styles in attributes: small and dark screens",
        "@media": "as above",
        "@media (prefers-color-scheme)": "elsewhere the mail stays light, or the program inverts it",
        "Class selector": "in 'style' only",
        "Descendant combinator": "in 'style' only",
        "Grouping selectors": "in 'style' only",
        "Type selector": "in 'style' only",
        "meta color-scheme": "says that there is a dark scheme, to those who read it",
        "<body>": "its ground is that of the outer table too",
        "border-radius": "corners are square elsewhere",
        "display: none": "the preheader then shows above the mail",
        "overflow": "elsewhere a wide table makes the mail as wide as itself",
        "overflow-x": "as above",
        "table-layout": "keeps a wide picture from widening the mail on a phone; Outlook has the width in a comment",
        "max-height": "hides the preheader a second way",
        "white-space": "Outlook for Windows breaks long lines of code as it likes",
        "word-wrap": "long words of code run on",
    }
)
# What all programs know and caniemail therefore does not test, or what does nothing where it is not known.
_ELEMENTS: Final = "a b br em head html i li meta s sub sup tbody td th thead title tr u"
_ATTRIBUTES: Final = (
    "alt border charset class colspan content href http-equiv id name rowspan scope src start style title"
)
_PROPERTIES: Final = (
    "border-bottom border-color border-left border-right border-style border-top border-width color "
    "font-family font-style margin-bottom margin-left margin-right margin-top "
    "padding-bottom padding-left padding-right padding-top "
    "-webkit-text-size-adjust -ms-text-size-adjust mso-line-height-rule mso-table-lspace mso-table-rspace"
)
TAKEN_FOR_GRANTED: Final = frozenset(
    (
        *(f"<{tag}>" for tag in _ELEMENTS.split()),
        *(f"{name} attribute" for name in _ATTRIBUTES.split()),
        *_PROPERTIES.split(),
    )
)
REMOVED: Final = (
    *("applet", "audio", "base", "button", "embed", "form", "frame", "iframe", "input", "link", "math", "object"),
    *("script", "select", "svg", "textarea", "video"),
)
_REPORTED = frozenset(f"<{tag}>" for tag in REMOVED)
SHORTENERS: Final = (
    *("bit.ly", "bl.ink", "buff.ly", "cutt.ly", "dub.sh", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy"),
    *("rebrand.ly", "s.id", "short.io", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "trib.al", "v.gd"),
)

# The standard library's urlsplit raises an error on some addresses.
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST = re.compile(r"//([^/:?#]+)")
_SUFFIX = re.compile(r"[^/?#](\.\w+)(?:[?#]|$)")
_MEDIA_FEATURE = re.compile(r"\(\s*([\w-]+)")
_WIDTH_FEATURES = frozenset({"width", "min-width", "max-width"})
_UNIT = re.compile(r"(?<![\w#.-])-?(?:\d+\.?\d*|\.\d+)([a-z]+|%)")
_FUNCTION = re.compile(r"([a-z-]+)\(")
_KEYWORD = re.compile(r"(?<![\w-])[a-z]+(?:-[a-z]+)*(?![\w(-])")
_GENERIC_FONTS = frozenset({"system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace"})
_TESTED_KEYWORDS = _GENERIC_FONTS | {"initial", "fit-content", "min-content", "max-content"}
_STRING = re.compile(r"""url\([^)]*\)|"[^"]*"|'[^']*'""")
_SELECTORS: Final = (
    ("Class selector", re.compile(r"\.")),
    ("ID selector", re.compile("#")),
    ("Attribute selector", re.compile(r"\[")),
    ("universal selector", re.compile(r"\*")),
    ("Type selector", re.compile(r"(?:^|[\s>+~])[a-z]", re.IGNORECASE)),
    ("Chaining selectors", re.compile(r"[\w-]\.[\w-]+\.|[\w-]#")),
    ("Child combinator", re.compile(">")),
    ("Adjacent sibling combinator", re.compile(r"\+")),
    ("General sibling combinator", re.compile("~")),
    ("Descendant combinator", re.compile(r"[^\s>+~,]\s+[^\s>+~,]")),
)


def check_safety(mail: Mail) -> Iterator[Fault]:
    """Want nothing that mail programs remove or distrust, and addresses that mean the same everywhere."""
    for element in walk(parse_html(mail.html)):
        if element.tag in REMOVED:
            message = f"the mail has a '{element.tag}' element, which mail programs remove"
            yield Fault("mail-safety", message, "show it on the page and link there")
        for name, value in element.attributes:
            if name.startswith("on"):
                yield Fault("mail-safety", f"a '{element.tag}' has the script '{name}'", "leave it out")
            if name in {"href", "src", "background"}:
                yield from _address_faults(name, value.strip())
        for one in inline_style(element):
            for address in re.findall(r"url\(\s*['\"]?([^'\")]*)", one.value):
                yield from _address_faults("src", address)


def check_support(mail: Mail) -> Iterator[Fault]:
    """Want HTML and CSS that each of the programs knows, but for what only adds to the mail."""
    known = support()
    for use in sorted(set(_uses(parse_html(mail.html)))):
        if use in ENHANCEMENTS or use in TAKEN_FOR_GRANTED or use in _REPORTED:
            continue
        if use not in known:
            hint = "leave it out, or have its reason in formats/mailcheck/clients.py"
            yield Fault("mail-support", f"it is not known which mail programs know '{use}'", hint)
        elif known[use]:
            message = f"'{use}' does not work in {', '.join(_by_family(known[use]))}"
            yield Fault("mail-support", message, "do without it")


@functools.cache
def support() -> Mapping[str, tuple[str, ...]]:
    """Read, for each use that caniemail knows, the programs that do not support it."""
    extract = json.loads(EXTRACT.read_text(encoding="utf-8"))
    clients = extract["clients"]
    return MappingProxyType(
        {
            use: tuple(client for client, one in zip(clients, row["support"].split(), strict=True) if one[0] == "n")
            for use, row in extract["uses"].items()
        }
    )


def _address_faults(name: str, address: str) -> Iterator[Fault]:
    scheme, _, place = address.partition(":") if _ABSOLUTE.match(address) else ("", "", address)
    schemes = {"https", "cid"} if name != "href" else {"https", "http", "mailto"}
    if not scheme:
        yield Fault("mail-safety", f"the address '{address}' is relative", "write it whole, from 'https://' on")
    elif scheme.lower() not in schemes:
        message = f"the address '{address[:40]}' begins with '{scheme}:'"
        yield Fault("mail-safety", message, f"use {' or '.join(sorted(schemes, reverse=True))}")
    elif (host := _HOST.match(place)) and f".{host[1].lower()}".endswith(tuple(f".{one}" for one in SHORTENERS)):
        message = f"the address '{address}' hides where it leads, as those of spam do"
        yield Fault("mail-safety", message, "write the one that it stands for")


def _by_family(clients: tuple[str, ...]) -> Iterator[str]:
    """Write `Gmail (web, iOS)` once for all its platforms."""
    platforms = defaultdict(list)
    for client in clients:
        family, _, platform = client.partition(" (")
        platforms[family].append(platform.rstrip(")"))
    return (f"{family} ({', '.join(names)})" for family, names in platforms.items())


def _uses(page: Element) -> Iterator[str]:
    """Name all that the page uses, as the extract does."""
    for element in walk(page):
        if element.tag:
            yield from _element_uses(element)
        yield from _declaration_uses(inline_style(element))
    for rule in style_rules(page):
        yield from _rule_uses(rule)


def _element_uses(element: Element) -> Iterator[str]:
    yield f"<{element.tag}>"
    for name, value in element.attributes:
        if name in {"src", "background"} and (suffix := _SUFFIX.search(value)):
            yield f"{suffix[1].lower()} image"
        if element.tag == "meta" and name == "name" and value == "color-scheme":
            yield "meta color-scheme"
        yield f"{name} attribute"


def _rule_uses(rule: Rule) -> Iterator[str]:
    if rule.condition:
        at_rule = rule.condition.split()[0].lower()
        yield at_rule
        for feature in _MEDIA_FEATURE.findall(rule.condition.lower()):
            if feature not in _WIDTH_FEATURES:
                yield f"{at_rule} ({feature})"
    if len(rule.selectors) > 1:
        yield "Grouping selectors"
    for selector in rule.selectors:
        yield from (use for use, pattern in _SELECTORS if pattern.search(selector))
        yield from re.findall(r"::?[a-z-]+", selector)
    yield from _declaration_uses(rule.declarations)


def _declaration_uses(declarations: tuple[Declaration, ...]) -> Iterator[str]:
    for one in declarations:
        yield "var()" if one.name.startswith("--") else one.name
        if one.important:
            yield "!important"
        value = _STRING.sub("", one.value)
        keywords = frozenset(_KEYWORD.findall(value))
        yield from keywords & _TESTED_KEYWORDS
        yield from {f"{one.name}: {keyword}" for keyword in keywords} & support().keys()
        yield from (f"{unit} unit" for unit in _UNIT.findall(value))
        yield from (f"{name}()" for name in _FUNCTION.findall(value))

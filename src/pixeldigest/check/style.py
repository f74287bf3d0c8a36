"""Rules about what readers make of a text: headings that repeat, links that say nothing, code of no known language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pygments.lexers import find_lexer_class_by_name, get_all_lexers
from pygments.util import ClassNotFound

from pixeldigest.check.finding import Finding, Mend
from pixeldigest.check.texts import Passage
from pixeldigest.diagnostics import suggest, unmistakable
from pixeldigest.markup.document import CodeBlock, Heading, Link, plain_text, walk


def check_repeated_title(passage: Passage) -> Iterator[Finding]:
    """Warn of a first heading that says what the title above it says already."""
    first = next(iter(passage.document.blocks), None)
    if isinstance(first, Heading) and passage.title and _bare(plain_text(first.children)) == _bare(passage.title):
        line = re.search(r"\S.*", passage.source)
        place = (line.start(), len(line[0].rstrip())) if line else (0, 1)
        message, hint = "this heading repeats the title, which stands above it already", "delete it"
        fix = tuple(_deletion(passage))
        yield Finding("repeated-title", message, hint, passage.file, passage.keys, *place, "warning", fix=fix)


def _deletion(passage: Passage) -> Iterator[Mend]:
    """Delete the first heading and the empty lines below it, where no other heading needs it above."""
    below = next((one.level for one in passage.document.blocks[1:] if isinstance(one, Heading)), _TOP)
    heading = re.match(r"\s*(#{1,6}[ \t].*\n(?:[ \t]*\n)*)(?=\S)", passage.source)
    if heading and below <= _TOP:
        yield heading.start(1), heading[1], ""


# The level of headings that need no other.
_TOP = 2


def _bare(words: str) -> str:
    return " ".join(re.findall(r"[\w+#*]+", words.casefold()))


def check_link_texts(passage: Passage) -> Iterator[Finding]:
    """Warn of links whose words do not tell where they lead, as who listens to a list of them hears nothing else."""
    for node in walk(passage.document.blocks):
        if isinstance(node, Link) and _bare(words := plain_text(node.children)) in _GENERIC:
            message = f"the link '{words}' does not say where it leads"
            hint = "make a link of the words that name what is there"
            place = _words_of_link(passage.source, node)
            yield Finding("link-text", message, hint, passage.file, passage.keys, *place, "warning")


# In the languages that the theme has words for.
_GENERIC = frozenset(
    re.split(
        r",\s+",
        """here, click here, read here, see here, look here, this, this link, this one, link, the link, this page,
        this site, more, read more, learn more, find out more, see more, more here, details, more details, click,
        click this link, hier, klick hier, klicke hier, klicken sie hier, hier klicken, dieser link, diesen link,
        der link, den link, mehr, mehr lesen, weiterlesen, mehr erfahren, mehr dazu, mehr hier, diese seite,
        dieser seite""",
    )
)


def _words_of_link(source: str, link: Link) -> tuple[int, int]:
    """Find the words before a link's address, and their length."""
    end = source.rfind("](", 0, link.offset)
    start = source.rfind("[", 0, max(end, 0)) + 1
    return (start, max(1, end - start)) if end > 0 and start else (link.offset, max(1, len(link.url)))


def check_code_languages(passage: Passage) -> Iterator[Finding]:
    """Warn of code in a language that nothing highlights."""
    for node in walk(passage.document.blocks):
        if isinstance(node, CodeBlock) and node.language and not _is_highlighted(node.language):
            names = [alias for _, aliases, _, _ in get_all_lexers() for alias in aliases]
            hint = suggest(node.language, names, otherwise="write 'text', or leave it out")
            message = f"'{node.language}' is not a language that is highlighted"
            place = _language_of_fence(passage.source, node), len(node.language)
            meant = unmistakable(node.language, names)
            fix = ((place[0], node.language, meant),) if meant else ()
            yield Finding("code-language", message, hint, passage.file, passage.keys, *place, "warning", fix=fix)


def _is_highlighted(language: str) -> bool:
    try:
        find_lexer_class_by_name(language)
    except ClassNotFound:
        return False
    return True


def _language_of_fence(source: str, code: CodeBlock) -> int:
    """Find the language behind the last fence above some code; where there is no code, behind the first that has it."""
    fences = re.finditer(rf"(?:`{{3,}}|~{{3,}})[ \t]*({re.escape(code.language)})", source, re.IGNORECASE)
    offsets = [found.start(1) for found in fences]
    above = [one for one in offsets if one < code.offset]
    return above[-1] if above else next(iter(offsets), 0)

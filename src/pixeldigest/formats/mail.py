"""Letter → mail.html and mail.eml: HTML that mail programs show, and the complete message."""

from __future__ import annotations

import hashlib
import re
from html import escape

from pixeldigest import settings
from pixeldigest.channels.copies import STAND_IN
from pixeldigest.diagnostics import EXIT_USAGE, UserError
from pixeldigest.extras import missing_libraries
from pixeldigest.formats.colours import mail_colours
from pixeldigest.formats.letter import Letter, make_letter
from pixeldigest.formats.letterhtml import LetterHtml, render_letter
from pixeldigest.formats.mailcheck import Mail, check_mail
from pixeldigest.formats.message import Attachment, make_message
from pixeldigest.formats.pictures import Pictures
from pixeldigest.formats.rendition import File, Render, Rendition
from pixeldigest.formats.text import write_letter
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue

# The darkest light ground and the lightest dark one that text stands on in templates/mail.
_LIGHT = "#f2efe7"
_DARK = "#222228"


def render_mail(issue: Issue, theme: Theme) -> Rendition:
    """Render an issue as a mail; without settings for mails there is no sender, and so no message to keep.

    Raises UserError where the libraries of the extra `mail` are missing.
    """
    if theme.pictures is None:
        missing = ", ".join(missing_libraries("mail"))
        raise UserError(f"mails need {missing}: pip install 'pixeldigest[mail]'", status=EXIT_USAGE)
    letter = make_letter(issue)
    mail = write_html(letter, theme)
    page = File("mail.html", mail.html.replace(STAND_IN, "").encode())  # for nobody in particular
    chosen = letter.mail or settings.Mail(**{"from": "nobody@example.org"})
    attached = chosen.pictures == "attached"
    html, attachments = _attach_pictures(letter, mail, theme.pictures) if attached else (mail.html, ())
    text = write_letter(letter, theme)
    message = make_message(letter, chosen, html, text, attachments)
    faults = check_mail(Mail(letter.subject, letter.preheader, html, text, message))
    if letter.mail is None:  # whoever sends no mails need not hear how they could be better
        return Rendition((page,), mail.pictures, tuple(one for one in faults if one.severity == "error"))
    return Rendition((page, File("mail.eml", message)), mail.pictures, faults)


render: Render = render_mail


def write_html(letter: Letter, theme: Theme) -> LetterHtml:
    """Write a letter as HTML, its style inlined."""
    from css_inline import CSSInliner  # noqa: PLC0415 - of the extra `mail`, which may be missing

    colours = mail_colours(letter.accent, light=_LIGHT, dark=_DARK)
    styled = render_letter("mail/issue.html", letter, theme, colours=colours)
    inliner = CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        extra_css=theme.render("mail/style.css", colours=colours),
        load_remote_stylesheets=False,
        minify_css=True,
    )
    return styled._replace(html=inliner.inline(styled.html))


def _attach_pictures(letter: Letter, mail: LetterHtml, pictures: Pictures) -> tuple[str, tuple[Attachment, ...]]:
    """Let the HTML show its pictures from the mail itself instead of the site."""
    drawn = dict(mail.pictures)
    attached: dict[str, Attachment] = {}

    def attach(source: re.Match[str]) -> str:
        content = drawn.get(source[1]) or pictures.read(source[1].removeprefix("assets/"))
        # Two folders may hold pictures of one name.
        name = f"{hashlib.sha256(content).hexdigest()[:20]}.{source[1].rpartition('.')[2]}"
        attached[name] = Attachment(name, content)
        return f'src="cid:{name}"'

    html = re.sub(rf'src="{re.escape(escape(letter.site_url))}(assets/[^"]+)"', attach, mail.html)
    return html, tuple(attached.values())

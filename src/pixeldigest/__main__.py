"""Run the command line; what is built already is told without loading all that builds."""

from __future__ import annotations

import sys

from pixeldigest.answers import ask, say


def main() -> None:
    """Answer a command as before where nothing has changed, and run it otherwise."""
    try:
        question = ask(sys.argv[1:])
        answer = question.answer() if question else None
        if answer:
            say(answer)
            return
        from pixeldigest import cli  # noqa: PLC0415 - so late on purpose: importing takes longest
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main(question)


if __name__ == "__main__":
    main()

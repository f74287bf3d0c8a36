"""How an attempt can end that brings no receipt."""

from __future__ import annotations

from pixeldigest.diagnostics import EXIT_AGAIN, EXIT_CONTENT, EXIT_SETTINGS, UserError


class RefusedError(UserError):
    """The service does not take the issue as it is; trying again changes nothing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=EXIT_CONTENT)


class UnavailableError(UserError):
    """The service cannot be reached, or asks to wait; the next run tries again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=EXIT_AGAIN)


class PutOffError(UnavailableError):
    """A part is put off; the next run tries again, and later issues need not wait for it."""


class SettingsError(UserError):
    """The settings or a secret are wrong, for every issue alike."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=EXIT_SETTINGS)


class Unfinished(UserError):  # noqa: N818 - nor is it here
    """A part is done, and the next run goes on, as it is meant to be."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=0)


class WouldDo(Exception):  # noqa: N818 - it is no error: a dry run ends where the first effect would be
    """A dry run stops here; `effect` says before what."""

    def __init__(self, effect: str) -> None:
        super().__init__(effect)
        self.effect = effect

"""A ping to an address that watches over the runs: one for success, one for failure."""

from __future__ import annotations

from pixeldigest.channels.http import Request, send
from pixeldigest.channels.posting import Outside
from pixeldigest.channels.secrets import read_secret
from pixeldigest.diagnostics import EXIT_AGAIN, UserError
from pixeldigest.settings import Ping

_PATIENCE = 10.0


def ping(settings: Ping, status: int, outside: Outside) -> str:
    """Tell how a run ended, and return in words what kept it from being told, if anything did.

    A run that has to be tried again is told as neither: whoever watches misses the success if it stays away.
    """
    if status == EXIT_AGAIN:
        return ""
    name = "failure_url" if status else "success_url"
    try:
        address = _address(settings, name, outside)
    except UserError as error:
        return f"no ping: {error.message}"
    return _ask(Request("GET", address, headers={"Accept": "*/*"}), name) if address else ""


def _ask(request: Request, name: str) -> str:
    try:
        answer = send(request, timeout=_PATIENCE)
    except UserError as error:
        # What cannot be asked is named whole, and is a secret all the same.
        said = error.message.replace(f"'{request.words}'", f"publish.ping.{name}")
        return f"no ping: {said}"
    return "" if answer.status < 400 else f"the ping was answered {answer.status}"


def _address(settings: Ping, name: str, outside: Outside) -> str:
    plain: str | None = getattr(settings, name)
    variable, file = getattr(settings, f"{name}_env"), getattr(settings, f"{name}_file")
    if plain or not (variable or file):
        return plain or ""
    secret = read_secret(
        f"address of publish.ping.{name}",
        variable=variable,
        file=file,
        environment=outside.environment,
        project=outside.project,
    )
    return secret.reveal()

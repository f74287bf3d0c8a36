"""What every channel has: an id, what it waits for, and how an issue reaches it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self, get_args

from pydantic import Field, model_validator

from pixeldigest.channels.attempt import Attempt
from pixeldigest.channels.posting import Outside, Posting, Receipt
from pixeldigest.channels.secrets import Secret, read_secret
from pixeldigest.complaints import complaint
from pixeldigest.fields import Id, Line, Variable, Written

# What a channel can wait for beside other channels: the page of the issue on the web.
SITE = "site"


class Channel(Written):
    """A place that issues are published to; each kind says how.

    `formats` are the formats whose files its postings hold. `mails` tells whether readers get it in their mailboxes,
    where nothing can be changed; `updates` whether it can be brought up to date in place; `carries_site` whether it
    holds the whole site, and no single issues; `asks` whether the service can be asked what it has.
    """

    formats: ClassVar[tuple[str, ...]] = ()
    mails: ClassVar[bool] = False
    updates: ClassVar[bool] = False
    carries_site: ClassVar[bool] = False
    asks: ClassVar[bool] = False
    # The secrets it needs, each by `<name>_env` or `<name>_file`, and those that it can do without.
    secrets: ClassVar[tuple[str, ...]] = ()
    optional_secrets: ClassVar[tuple[str, ...]] = ()

    id: Id = Field(
        "",
        description="a word for the channel that never changes; its type where it is left out",
        validate_default=False,
    )
    after: tuple[Id, ...] = Field(
        (),
        description="what to wait for: ids of channels that have the issue first, and 'site' for its web page and the "
        "pictures on it",
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Call a kind of channel what its settings call it."""
        if "type" in cls.model_fields:
            cls.model_config["title"] = f"{get_args(cls.model_fields['type'].annotation)[0]} channel"

    @model_validator(mode="before")
    @classmethod
    def _name_after_type(cls, plain: Any) -> Any:
        if isinstance(plain, dict) and "id" not in plain and isinstance(plain.get("type"), str):
            return {**plain, "id": plain["type"]}
        return plain

    @model_validator(mode="after")
    def _check_secrets(self) -> Self:
        for name in (*self.secrets, *self.optional_secrets):
            given = [one for one in (f"{name}_env", f"{name}_file") if getattr(self, one)]
            if len(given) > 1:
                hint = "delete one of them"
                raise complaint(f"'{given[0]}' and '{given[1]}' both say where the {name} is", hint, at=(given[1],))
            if not given and name in self.secrets:
                hint = (
                    f"add '{name}_env' with the name of an environment variable, or '{name}_file' with that of a file"
                )
                raise complaint(f"the {name} is missing", hint, rule=f"{name}_env")
        return self

    def secret(self, name: str, outside: Outside) -> Secret:
        """Read one of its secrets; raises SettingsError."""
        return read_secret(
            f"{name} of '{self.id}'",
            variable=getattr(self, f"{name}_env"),
            file=getattr(self, f"{name}_file"),
            environment=outside.environment,
            project=outside.project,
        )

    @abstractmethod
    def publish(self, posting: Posting, attempt: Attempt) -> Receipt:
        """Bring the channel in line with a posting, whatever earlier attempts have come to.

        Raises RefusedError, UnavailableError, SettingsError or Unfinished.
        """

    def find(self, posting: Posting, outside: Outside) -> Receipt | None:
        """Ask the service for the issue, where it `asks`; changes nothing."""
        raise NotImplementedError(f"{type(self).__name__} cannot be asked for {posting.day} at {outside.now}")

    @abstractmethod
    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Take an issue back; returns what cannot be called back, in words, or None where nothing is left."""


class SiteChannel(Channel):
    """A channel that holds the whole site."""

    updates: ClassVar[bool] = True
    carries_site: ClassVar[bool] = True

    def withdraw(self, posting: Posting, attempt: Attempt) -> str | None:
        """Bring the site, in which the issue is no more."""
        self.publish(posting, attempt)
        return None


class Keyed(Channel):
    """A channel with one secret."""

    secrets: ClassVar[tuple[str, ...]] = ("key",)

    key_env: Variable | None = Field(None, description="the environment variable that holds the key")
    key_file: Line | None = Field(None, description="the file that holds the key, below the project or a whole path")

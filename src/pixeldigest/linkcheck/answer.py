"""What comes of asking for an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

# What is known of an address: it is there, or at another place for good, or there without the place that is meant,
# or gone; its answer says nothing of this; there is no answer; its host has no address, or none that could be looked
# up from here; or it is not to be asked.
Verdict = Literal["fine", "moved", "anchor", "gone", "barred", "silent", "lost", "unknown", "private"]


class Answer(NamedTuple):
    """What came of asking: `told` completes 'it …', `target` is the new address of one that has moved.

    `wait` is how many seconds the host wants to be left alone, and `of_host` whether all its other addresses would get
    the same answer.
    """

    verdict: Verdict
    told: str = ""
    target: str = ""
    wait: float = 0
    of_host: bool = False


# Takes the answer of an address when it is there.
Note = Callable[[str, Answer], None]

"""Faults: what is wrong with a form, all of it at once and each at its field."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from timeline.domain.errors import (
    Fault,
    Faulty,
    FutureFact,
    InvalidEvent,
    InvalidSlug,
    MissingNote,
    Refusal,
    StoryExists,
    UnknownKind,
)

DATA: Final = "data."
"""How the names of the fields begin that are those of the event’s data."""

_PLACES: Final[Mapping[type[Refusal], str]] = {
    FutureFact: "moment",
    MissingNote: "note",
    InvalidSlug: "slug",
    StoryExists: "slug",
    UnknownKind: "data.kind",
}
"""At which field a refusal is told that is about one."""


@contextmanager
def every_fault() -> Iterator[list[Fault]]:
    """Lend a list to note faults in, and raise InvalidEvent at the end if there are any."""
    faults: list[Fault] = []
    yield faults
    if faults:
        raise InvalidEvent("this cannot be published yet", faults)


@contextmanager
def noting(faults: list[Fault], prefix: str = "") -> Iterator[None]:
    """Note what a refusal says against a field of the form instead of raising it."""
    try:
        yield
    except Refusal as refusal:
        if not isinstance(refusal, (Faulty, *_PLACES)):
            raise
        # What a correction sets beside the data stands on the form by itself.
        faults += [Fault(prefix + fault.path.removeprefix("set."), fault.message) for fault in faults_of(refusal)]


def faults_of(refusal: Refusal) -> tuple[Fault, ...]:
    """Return what is wrong with a form, each at its field as far as the refusal is about one."""
    return refusal.faults if isinstance(refusal, Faulty) else (Fault(_PLACES.get(type(refusal), ""), str(refusal)),)


def faults_of_data(faults: Sequence[Fault]) -> list[Fault]:
    """Return those of a form's faults that are about the data, by their paths in it."""
    return [Fault(fault.path.removeprefix(DATA), fault.message) for fault in faults if fault.path.startswith(DATA)]

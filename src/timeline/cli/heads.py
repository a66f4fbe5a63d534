"""The head of an answer, where no framework writes it."""

from collections.abc import Iterable

from gunicorn import SERVER, util


def head(status: str, headers: Iterable[tuple[str, str]], connection: str) -> bytes:
    """Return the head of an answer as gunicorn writes it."""
    ours = f"HTTP/1.1 {status}\r\nServer: {SERVER}\r\nDate: {util.http_date()}\r\nConnection: {connection}\r\n"
    return (ours + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n").encode("latin-1")

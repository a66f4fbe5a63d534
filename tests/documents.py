"""The pages for machines as tests read them: their addresses, their JSON-LD, and what a record says in prose."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from timeline.domain.event import Recorded

NIGHTS: Final = ("89th-academy-awards", "97th-academy-awards")
MOMENT: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$"}
ADDRESS: Final = {"type": "string", "pattern": "^http://localhost/"}
URN: Final = {"type": "string", "pattern": "^urn:uuid:[0-9a-f-]{36}$"}
OF_STORY: Final = ("", "/feed.atom", "/log.atom", "/feed.json", "/ninjs.json", "/embed", "/timemap", "/card.png")
OF_FACT: Final = ("", "/ninjs.json", "/card.png")
REPLAYED: Final = ("", "/ninjs.json", "/embed", "/card.png")
"""What of a story can be had from any vantage; feeds and the TimeMap tell the present."""


def get(client: FlaskClient, address: str) -> bytes:
    """Return an answer that must be 200."""
    response = client.get(address)
    assert response.status_code == 200, f"{address}: {response.text[:300]}"
    data: bytes = response.data
    return data


def linked_data(client: FlaskClient, address: str) -> Any:
    """Return the JSON-LD of a page as a browser would cut it out of the markup."""
    scripts = re.findall(
        r'<script type="application/ld\+json">(.*?)</script', get(client, address).decode(), re.DOTALL
    )
    assert len(scripts) == 1, address
    return json.loads(scripts[0])


def expect_valid(document: Any, schema: dict[str, Any]) -> None:
    """Hold a document to a JSON Schema; every fault at once."""
    faults = Draft202012Validator(schema).iter_errors(document)
    assert [f"{fault.json_path}: {fault.message[:200]}" for fault in faults] == []


def objects(required: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that may have these properties and no others; `required` names some of them."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def lists(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def prose(record: Iterable[Recorded]) -> set[str]:
    """Return whatever events say in sentences."""
    return {text for recorded in record for text in _sentences(recorded)}


def _sentences(recorded: Recorded) -> Iterator[str]:
    data = recorded.data or {}
    said = data | data.get("set", {}).get("data", {})
    for name in ("headline", "body", "quote", "note", "summary"):
        if name in said:
            yield from (line.replace("*", "") for line in said[name].splitlines() if len(line) > 10)

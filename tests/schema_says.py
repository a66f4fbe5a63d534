"""A check for schemathesis: what keeps to its schema is refused only for what is on record, which no schema knows."""

import json
from typing import Any, Final

import schemathesis
from schemathesis import Case, CheckContext, Response

OF_THE_RECORD: Final = {
    "/problems/future-fact",
    "/problems/invalid-correction",
    "/problems/nothing-changed",
    "/problems/unknown-type",
}


@schemathesis.check
def refused_for_what_is_on_record(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Let nothing that keeps to its schema be refused as badly formed."""
    if response.status_code == 422 and case.meta is not None and case.meta.generation.mode.is_positive:
        assert json.loads(response.content)["type"] in OF_THE_RECORD

"""The first page of the desk: the stories that somebody may work on."""

from flask import Blueprint, render_template

from timeline.store.people import ANY, Role, may
from timeline.web.desk import opening
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk

blueprint = Blueprint("desk", __name__)
guard(blueprint)


@blueprint.app_context_processor
def _rights() -> dict[str, object]:
    """Let templates of the desk ask what somebody may do."""
    return {"may": may, "Role": Role, "ANY": ANY}


@blueprint.get("")
def home() -> str:
    """Show the stories in which the person has a role, the last touched first."""
    person = current_person()
    listed = [(story, head) for story, head in current_desk().stories() if person.role_in(story.slug)]
    return render_template("desk/home.html", listed=listed, may_open=opening.may_open(person))

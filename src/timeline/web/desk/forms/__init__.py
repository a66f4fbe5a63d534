"""Forms: made from a model's JSON Schema, filled with data, and read again as they are posted."""

from timeline.web.desk.forms.controls import Field, fields
from timeline.web.desk.forms.parts import schema_of
from timeline.web.desk.forms.posted import Values, fill
from timeline.web.desk.forms.reading import read
from timeline.web.desk.forms.words import vocabulary

__all__ = ["Field", "Values", "fields", "fill", "read", "schema_of", "vocabulary"]

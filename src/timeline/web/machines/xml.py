"""XML: texts that it can hold, and documents as bytes."""

import re
from typing import Any, Final

from lxml import etree

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return the text with the characters that XML 1.0 (§2.2) cannot hold, even escaped, replaced by U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


def add(parent: Any, name: str, text: str | None = None, /, **attributes: str) -> Any:
    """Add an element and return it; a name without a namespace gets its parent's."""
    qualified = name if name.startswith("{") else f"{{{etree.QName(parent).namespace}}}{name}"
    element = etree.SubElement(parent, qualified, {key: clean(value) for key, value in attributes.items()})
    element.text = None if text is None else clean(text)
    return element


def document(root: Any) -> bytes:
    """Return the document of a root element."""
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written

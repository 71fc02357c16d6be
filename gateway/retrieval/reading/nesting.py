"""How deep the tags of a page are nested, before a parser is let near it. Knows tags, and no tree.

A parser of HTML looks through all open tags at each new one, so that a page of ten thousand nested ones takes seconds
and one of a hundred thousand minutes. Browsers go no deeper than 512.
"""

from __future__ import annotations

import re

DEEPEST = 4000
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)")
# These are closed by the next of their kind, or hold nothing.
UNNESTED = frozenset(
    "html head body a p li dt dd tr td th thead tbody tfoot colgroup caption option optgroup rp rt area base br col "
    "embed hr img input link meta param source track wbr h1 h2 h3 h4 h5 h6".split()
)
DRAWN = frozenset(
    "path circle ellipse rect line polyline polygon use stop image animate animatetransform set fegaussianblur "
    "feoffset feblend fecolormatrix feflood fecomposite femergenode mpath view".split()
)
"""Of a drawing: closed by />, which means nothing in the tags of HTML itself."""


def is_too_deep(html: str) -> bool:
    """Whether more tags are open at once somewhere than any page needs."""
    open_ = 0
    for tag in TAG.finditer(html):
        closing, name, rest = tag.groups()
        name = name.lower()
        if name in UNNESTED or (name in DRAWN and rest.endswith("/")):
            continue
        open_ = max(0, open_ - 1) if closing else open_ + 1
        if open_ > DEEPEST:
            return True
    return False

"""Text of documents made fit to be quoted: nothing in it can pose as a tag, a turn or another passage.

Knows no prompt and no passage. Words stay as they are: only what models and templates take for structure is broken.
"""

from __future__ import annotations

import re
import unicodedata

TAG = "documents"
STEM = "document"
OPENERS = "<＜﹤‹〈〈⟨《«≺⧼❮❰ᐸ˂"
"""What can be taken for the beginning of a tag."""
ALIKE = str.maketrans("оοօ0сᴄеεҽмᴍпոռтτυսԁɗ", "oooocceeemmnnnttuudd")
"""Letters of other alphabets, and a digit, that look like those of the tag once accents and widths are off."""
WINDOW = 48
TAGLIKE = re.compile(rf"[{OPENERS}](?=[^\w{OPENERS}]*(?P<name>.{{0,{WINDOW}}}))", re.DOTALL)
CONTROL = re.compile(
    r"<[|｜](?=\S)"
    r"|<(?=/?(?:s|bos|eos|pad|unk|think|thinking|system|user|assistant|human|developer"
    r"|start_of_turn|end_of_turn|tool_calls?|tool_responses?|tool_results?|function_calls?|function_results?)\s*>)"
    r"|<(?=<\s*/?SYS\s*>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])",
    re.IGNORECASE,
)
"""The beginnings of marks by which chat templates tell turns apart: a tokenizer may read them out of plain text."""
NUMBER = re.compile(r"^([ \t]*+)[\[［【](\d{1,3})[\]］】]", re.MULTILINE)
"""A line that begins as a passage of ours does."""
TURN = re.compile(
    r"^(?=[ \t]*+[#*_]*+[ \t]*+(?:system|user|assistant|human|developer|tool|instructions?|response)[ \t*_]*+[:：])",
    re.MULTILINE | re.IGNORECASE,
)
"""A line that begins as a turn does in templates of plain words."""
UNSEEN = {
    code: None
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0xAD,
        0x200B,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        *range(0xE0000, 0xE0080),
    )
    if chr(code) not in "\n\t"
}
"""Characters that no reader sees and a model does; the joiners that scripts need are not among them."""


def harmless(text: str) -> str:
    """The text, in lines that end in one newline, for a place between `TAG`s below a number in brackets."""
    shown = "\n".join(text.encode("utf-8", "replace").decode().splitlines()).translate(UNSEEN)
    shown = TAGLIKE.sub(lambda found: "(" if _is_tag(found["name"]) else found[0], shown)
    shown = CONTROL.sub(lambda found: "(" + found[0][1:], shown)
    return TURN.sub("> ", NUMBER.sub(r"\1(\2)", shown)).strip()


def _is_tag(name: str) -> bool:
    """Whether this begins like our tag, in whatever alphabet, width and case, with whatever between its letters."""
    letters = unicodedata.normalize("NFKD", name).casefold().translate(ALIKE)
    return "".join(filter(str.isalnum, letters)).startswith(STEM)

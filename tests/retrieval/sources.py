"""Sources for readers, made on the spot: bytes under a name, and PDFs of real pages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from gateway.retrieval.chunking import Chunk, chunked
from gateway.retrieval.reading.documents import Skipped
from gateway.retrieval.reading.source import Copy, Source


def source(name: str, content: bytes | str, **said: str) -> Source:
    """What a file or URL of this name holds."""
    copy = Copy(name)
    copy.write(content.encode() if isinstance(content, str) else content)
    return copy.source(**said)


def chunks_of(name: str, content: bytes | str, **said: str) -> list[Chunk]:
    """Its chunks; nothing of it may be left out."""
    with source(name, content, **said) as made:
        parts = list(chunked(made))
    chunks = [part for part in parts if isinstance(part, Chunk)]
    assert chunks == parts, parts
    return chunks


def titled(chunks: Iterable[Chunk]) -> list[tuple[str, str]]:
    return [(chunk.title, chunk.text) for chunk in chunks]


def parts_of(name: str, content: bytes | str) -> tuple[list[Chunk], list[Skipped]]:
    """Its chunks, and what was left out."""
    with source(name, content) as made:
        parts = list(chunked(made))
    return [p for p in parts if isinstance(p, Chunk)], [p for p in parts if isinstance(p, Skipped)]


def letters(text: str) -> str:
    """The text without blanks, which chunks may end lines with."""
    return re.sub(r"\s+", "", text)


def pdf_writer(pages: Sequence[Sequence[str]]) -> PdfWriter:
    """A PDF whose pages show these lines; a page without lines shows a picture."""
    writer = PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(width=595, height=842)
        drawn, resources = _text(lines) if lines else _picture(writer)
        stream = DecodedStreamObject()
        stream.set_data(drawn)
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = resources
    return writer


def pdf_bytes(writer: PdfWriter) -> bytes:
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def _text(lines: Sequence[str]) -> tuple[bytes, DictionaryObject]:
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    return (
        f"BT /F1 12 Tf 14 TL 50 780 Td {shown} ET".encode("latin-1"),
        DictionaryObject({NameObject("/Font"): fonts}),
    )


def _picture(writer: PdfWriter) -> tuple[bytes, DictionaryObject]:
    image = DecodedStreamObject()
    image.set_data(bytes(range(64)))
    image.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(8),
            NameObject("/Height"): NumberObject(8),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    pictures = DictionaryObject({NameObject("/Im1"): writer._add_object(image)})
    return b"q 500 0 0 700 50 70 cm /Im1 Do Q", DictionaryObject({NameObject("/XObject"): pictures})

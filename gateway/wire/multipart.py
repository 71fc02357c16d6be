"""A multipart form as it arrives: small fields, and one file whose bytes are handed on at once. Keeps no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.errors import BadRequest

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELD_BYTES = 64 * 1024
HINT = "send it as multipart/form-data, as OpenAI's clients do"


class Form:
    """Feed it the body piece by piece. `complete` says that its end has come; until then part of it is missing."""

    def __init__(self, content_type: str) -> None:
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.complete = False
        self._bytes = bytearray()
        self._value = bytearray()
        self._small = 0
        self._name = ""
        self._in_file = False
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._parser = self._parser_for(content_type)

    def feed(self, data: bytes) -> bytes:
        """The file's bytes in this piece; BadRequest where it is no form."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise BadRequest(f"The body is no multipart form: {error}; {HINT}.") from None
        found = bytes(self._bytes)
        self._bytes.clear()
        return found

    def _parser_for(self, content_type: str) -> MultipartParser:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise BadRequest(f"The body is no multipart form; {HINT}.")
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._take,
            "on_part_end": self._close,
            "on_end": self._end,
        }
        try:
            return MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise BadRequest(f"The body is no multipart form: {error}; {HINT}.") from None

    def _begin(self) -> None:
        self._disposition = b""
        self._value.clear()

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        name.clear()
        value.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = self._name == "file"
        if self._in_file:
            if self.filename is not None:
                raise BadRequest("file: only one is taken at a time", param="file")
            self.filename = options.get(b"filename", b"").decode("utf-8", "replace")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._bytes += data[start:end]
            return
        self._small += end - start
        if self._small > MAX_FIELD_BYTES:
            raise BadRequest(f"{self._name[:80]}: the fields beside the file are larger than {MAX_FIELD_BYTES} bytes")
        self._value += data[start:end]

    def _close(self) -> None:
        if not self._in_file:
            self.fields[self._name] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self.complete = True

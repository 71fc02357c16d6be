"""PDFs: pages, outlines, and what keeps a PDF from being read."""

from __future__ import annotations

import pytest

from gateway.retrieval.reading.documents import Unreadable
from tests.retrieval.sources import chunks_of, parts_of, pdf_bytes, pdf_writer, titled

FILLER = "Otters sleep on their backs and hold hands so that the river does not part them from one another at night."
LONG = [FILLER] * 5


def test_a_pdf_without_an_outline_is_read_page_by_page() -> None:
    content = pdf_bytes(pdf_writer([["The first page.", *LONG], ["The second page.", *LONG]]))
    first, second = chunks_of("otters.pdf", content)
    assert (first.title, second.title) == ("otters › page 1", "otters › page 2")
    assert first.text.startswith("The first page.") and second.text.startswith("The second page.")


def test_the_outline_of_a_pdf_gives_its_headings() -> None:
    writer = pdf_writer([["Preface words.", "1 Rivers", *LONG], ["1.1 Sources", *LONG, "2 Seas", *LONG]])
    rivers = writer.add_outline_item(title="1 Rivers", page_number=0)
    writer.add_outline_item(title="1.1 Sources", page_number=1, parent=rivers)
    writer.add_outline_item(title="2 Seas", page_number=1)
    writer.add_metadata({"/Title": "Waters"})
    found = titled(chunks_of("w.pdf", pdf_bytes(writer)))
    assert [title for title, _ in found] == [
        "Waters",
        "Waters › 1 Rivers",
        "Waters › 1 Rivers › 1.1 Sources",
        "Waters › 2 Seas",
    ]
    assert found[0][1] == "Preface words." and all(text.startswith(FILLER) for _, text in found[1:])


def test_divided_words_are_whole_again_and_running_heads_are_gone() -> None:
    pages = [["Annual report", "The recov-", "ery goes on.", f"Page {number}"] for number in range(1, 5)]
    for chunk in chunks_of("report.pdf", pdf_bytes(pdf_writer(pages))):
        assert "recovery goes on" in chunk.text
        assert "Annual" not in chunk.text and "Page" not in chunk.text


def test_an_outline_that_names_no_line_of_its_page_begins_with_the_page() -> None:
    writer = pdf_writer([["Some words.", *LONG]])
    writer.add_outline_item(title="Elsewhere", page_number=0)
    ((title, text),) = titled(chunks_of("w.pdf", pdf_bytes(writer)))
    assert title == "w › Elsewhere" and text.startswith("Some words.")


def test_dots_that_lead_to_a_page_number_are_not_text() -> None:
    (chunk,) = chunks_of(
        "w.pdf", pdf_bytes(pdf_writer([["Rivers . . . . . . . . . . . . 12", "Seas............. 13"]]))
    )
    assert chunk.text == "Rivers … 12 Seas … 13"


def test_a_title_that_a_program_made_up_is_not_taken() -> None:
    writer = pdf_writer([LONG])
    writer.add_metadata({"/Title": "Microsoft Word - draft7.docx"})
    assert chunks_of("sea-otters.pdf", pdf_bytes(writer))[0].title == "sea otters › page 1"


def test_scanned_pages_ask_for_ocr() -> None:
    with pytest.raises(Unreadable, match=r"^scan\.pdf: holds pictures of pages and no text; run OCR"):
        chunks_of("scan.pdf", pdf_bytes(pdf_writer([[], []])))


def test_scanned_pages_among_others_are_named() -> None:
    chunks, skipped = parts_of("half.pdf", pdf_bytes(pdf_writer([["A page with text."], [], ["Another."], []])))
    assert "A page with text." in chunks[0].text
    assert [(part.name, "OCR" in part.why) for part in skipped] == [("half.pdf, page 2, 4", True)]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_pdf_with_a_password_asks_for_a_copy_without(algorithm: str) -> None:
    writer = pdf_writer([LONG])
    writer.encrypt("secret", algorithm=algorithm)
    with pytest.raises(Unreadable, match=r"^locked\.pdf: is locked with a password; .*qpdf"):
        chunks_of("locked.pdf", pdf_bytes(writer))


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_pdf_that_anybody_may_open_is_read_though_it_is_encrypted(algorithm: str) -> None:
    writer = pdf_writer([LONG])
    writer.encrypt("", "owner", algorithm=algorithm)
    assert "Otters" in chunks_of("open.pdf", pdf_bytes(writer))[0].text


def test_a_damaged_pdf_is_refused_in_one_line() -> None:
    whole = pdf_bytes(pdf_writer([LONG, LONG]))
    for content in (whole[:40], b"%PDF-1.7\n" + b"rubbish " * 50, b"%PDF-1.7", whole.replace(b"/Pages", b"/Pagez")):
        with pytest.raises(Unreadable) as caught:
            chunks_of("bad.pdf", content)
        assert caught.value.message.startswith("bad.pdf: is a damaged PDF (") and "\n" not in caught.value.message


def test_any_damage_to_a_pdf_ends_in_chunks_or_one_line() -> None:
    whole = pdf_bytes(pdf_writer([LONG, LONG]))
    for place in range(0, len(whole), 41):
        broken = whole[:place] + b"\xff\x00<<" + whole[place + 4 :]
        try:
            parts_of("bad.pdf", broken)
        except Unreadable as error:
            assert "\n" not in error.message


def test_a_page_in_words_of_another_standard_is_left_out() -> None:
    writer = pdf_writer([LONG, LONG])
    writer.pages[0].compress_content_streams()
    _, skipped = parts_of("old.pdf", pdf_bytes(writer).replace(b"/FlateDecode", b"/Fl"))
    assert [part.name for part in skipped] == ["old.pdf, page 1"]


def test_what_is_called_a_pdf_and_is_none_is_refused() -> None:
    with pytest.raises(Unreadable, match="is called a PDF but is none"):
        chunks_of("page.pdf", "<html><body>Not found</body></html>")

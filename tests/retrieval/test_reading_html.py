"""HTML: what of a page is its text, under which headings, in which encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.nesting import is_too_deep
from tests.retrieval.sources import chunks_of, parts_of, titled

WORDS = "Each of these sections is long enough not to share its chunk with any of its neighbours. " * 5


def only(html: str) -> str:
    """The text of a page that makes one chunk."""
    (chunk,) = chunks_of("page.html", html)
    return chunk.text


def test_sections_stand_under_their_headings() -> None:
    page = f"<title>Otters &amp; co</title><h1>Life</h1><p>{WORDS}<h2>Food</h2>{WORDS}<h1>Home</h1><div>{WORDS}</div>"
    assert [chunk.title for chunk in chunks_of("x.html", page)] == [
        "Otters & co › Life",
        "Otters & co › Life › Food",
        "Otters & co › Home",
    ]


def test_a_page_without_a_title_is_called_by_its_first_heading() -> None:
    assert titled(chunks_of("x.html", "<h1>Sea <i>otters</i></h1><p>Float.")) == [("Sea otters", "Float.")]


def test_what_is_not_text_of_the_page_is_left_out() -> None:
    page = """<head><style>p{}</style></head><nav>Home</nav><div role=navigation>Links</div><script>evil()</script>
    <p>Text<span hidden>one</span><span style="color: red; DISPLAY: none">two</span><b aria-hidden=true>three</b>.</p>
    <template>four</template><noscript>five</noscript><form>Ask <button>Send</button></form><!-- six -->
    <table><tr><td>a<script>seven</script></td><td>b</td></tr></table><footer>eight</footer>"""
    assert only(page) == "Text.\n\nAsk\n\na | b"


def test_main_is_taken_where_there_is_one() -> None:
    assert only("<p>Banner</p><main><p>Text.</p></main><p>Advert</p>") == "Text."
    assert only("<p>Text.</p><main><script>x</script></main>") == "Text."


def test_lists_tables_and_code_keep_their_lines() -> None:
    page = """<p>Intro<br>line</p><ul><li>One<ul><li>inner</li></ul></li><li><p>Two</p></li></ul>
    <dl><dt>Term</dt><dd>Meaning</dd></dl><pre>def f():\n    pass</pre>
    <table><caption>Sizes</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"""
    assert only(page).split("\n\n") == [
        "Intro line",
        "- One\n  - inner\n- Two",
        "- Term\nMeaning",
        "def f():\n    pass",
        "Sizes\na | b\n1 | 2",
    ]


def test_a_table_that_only_places_things_is_gone_through() -> None:
    assert only("<table><tr><td><h2>Head</h2><p>One.</p><p>Two.</p></td></tr></table>") == "One.\n\nTwo."
    inner = "<table><tr><td>a</td><td>b</td></tr></table>"
    assert only(f"<table><tr><td>Left</td><td>{inner}</td></tr></table>") == "Left\n\na | b"


def test_a_page_is_read_in_the_encoding_it_names() -> None:
    page = "<head><meta charset={}><title>Ж</title></head><p>Привет, мир"
    for name, codec in [("windows-1251", "cp1251"), ('"KOI8-R"', "koi8-r"), ("utf-8", "utf-8")]:
        assert titled(chunks_of("x.html", page.format(name).encode(codec))) == [("Ж", "Привет, мир")]
    content = "<p>Größe".encode("latin-1")
    assert chunks_of("x.html", content)[0].text == "Größe"
    header = "<head><meta charset=utf-8></head><p>мир".encode("koi8-r")
    assert chunks_of("http://a/x", header, media_type="text/html", charset="koi8-r")[0].text == "мир"


def test_a_page_nested_without_end_is_refused_at_once() -> None:
    assert only("<div>" * 3000 + "deep" + "</div>" * 3000) == "deep"
    for tag in ("<div>", "<b>", "<DIV class=x/>", "<my-tag>"):
        with pytest.raises(Unreadable, match=r"x\.html: nests more than 4,000 tags; save it as text"):
            chunks_of("x.html", tag * 300_000)


def test_a_long_page_is_not_taken_for_a_deep_one() -> None:
    row = "<p>Words<li>one<br><img src=x><svg><path d='M0 0'/><g><path/></g></svg><div><span>two</span></div>"
    assert not is_too_deep(row * 5000)


@given(st.lists(st.sampled_from(
    "<p> </p> <ul> </ul> <li> </li> <table> <tr> <td> </table> <h1> </h2> <pre> </pre> <main> <nav> </nav> <br "
    "<!-- --> <script> &amp; &#0; &#x202e; word <svg> </svg> <template> <select> \x00".split(" ")
), max_size=30))  # fmt: skip
def test_any_tangle_of_tags_is_read_or_refused(tags: list[str]) -> None:
    try:
        chunks, _ = parts_of("x.html", "<html>" + "".join(tags))
    except Unreadable as error:
        assert "\n" not in error.message
    else:
        assert all("\u202e" not in chunk.text and "\0" not in chunk.text for chunk in chunks)

"""Trees of nodes as HTML."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from present.markup import h, serialized, to_html


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@given(st.text(alphabet=st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"])))
def test_text_stays_text(text):
    """No text can make an element, an attribute or an entity."""
    reader = Reader()
    reader.feed(to_html(h("p", text, title=text)))
    reader.close()
    assert (reader.tags, reader.text, reader.attributes) == (["p"], text, [("title", text)])


def test_names_and_absent_attributes():
    node = h("label", "a", h("br"), None, class_="x", data_field="y", for_=None)
    assert to_html(node) == '<label class="x" data-field="y">a<br></label>'
    assert node.text() == "a"


def test_serialized_is_what_browsers_write():
    """They name the no-break space, and leave apostrophes alone."""
    node = h("p", "5\N{NO-BREAK SPACE}GB & more, it's", title='it\'s "so"')
    assert serialized([node, "<"]) == "<p title=\"it's &quot;so&quot;\">5&nbsp;GB &amp; more, it's</p>&lt;"

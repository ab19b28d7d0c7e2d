"""What a browser makes of a page, without a browser."""

import re
from html.parser import HTMLParser
from typing import Final

LOADING: Final = {"script", "link", "iframe", "object", "embed", "base", "image", "audio"}
NAMESPACE: Final = re.compile(r'\sxmlns(:\w+)?="[^"]*"')
ADDRESS: Final = re.compile(r"(?i)https?:|//[a-z]|url\((?!#)|@import")


class Page(HTMLParser):
    """Elements of a page, their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def loads_nothing(text: str) -> bool:
    """Tell whether a page asks nobody for anything: what it shows is in it."""
    page = Page(text)
    sources = [
        value for name, value in page.attributes if name in {"src", "href", "xlink:href"}
    ]
    inside = all(value.startswith(("data:image/", "#")) for value in sources)
    plain = re.sub(r"data:image/[a-z]+;base64,[\w+/=]+", "", NAMESPACE.sub("", text))
    return inside and not LOADING & set(page.tags) and not ADDRESS.search(plain)

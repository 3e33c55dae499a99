"""Print a part of the built site as one PDF, by Chromium: ``python docs/pdf.py derivation out.pdf``."""

import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SITE = Path(__file__).parent / "_build" / "html"
# Takes the articles of the other pages into the first one; links between them stay inside.
JOIN = """async ([names, texts]) => {
  for (const text of texts) {
    const page = new DOMParser().parseFromString(text, "text/html");
    page.querySelectorAll("script").forEach(script => script.remove());
    page.querySelectorAll("noscript").forEach(still => still.replaceWith(...still.childNodes));
    const article = page.querySelector("article");
    article.style.breakBefore = "page";
    document.querySelector("main").append(document.adoptNode(article));
  }
  for (const link of document.querySelectorAll("article a")) {
    const [file, hash] = link.getAttribute("href").split("#");
    if (names.includes(file)) link.setAttribute("href", `#${hash ?? ""}`);
    else if (!/^https?:/.test(file) && file) link.removeAttribute("href");
  }
  document.querySelectorAll("article img").forEach(image => (image.loading = "eager"));
  await Promise.all([...document.images].map(image => image.decode().catch(() => {})));
}"""


def pages_of(part: str) -> list[Path]:
    """The pages of a part in the order of its contents, its own first."""
    text = (SITE / part / "index.html").read_text(encoding="utf-8")
    inside = re.findall(r'href="(\w+\.html)"', text[text.find("sidebar-tree") : text.find("<main")])
    return [SITE / part / name for name in ["index.html", *dict.fromkeys(inside)]]


def main(part: str, target: str) -> None:
    """Join the pages and print them."""
    first, *rest = pages_of(part)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(first.as_uri())
        texts = [path.read_text(encoding="utf-8") for path in rest]
        page.evaluate(JOIN, [[path.name for path in (first, *rest)], texts])
        page.pdf(path=target, prefer_css_page_size=True, outline=True, tagged=True)
        browser.close()
    print(f"{target}: {1 + len(rest)} pages of the site")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""TeX as plain text for a script's comments, ``ŵ = ∑_i x_i y_i/∑_i x_i²``, by way of its MathML."""

import html
import re
import unicodedata
from xml.etree import ElementTree as ET

from math_core import LatexError, LatexToMathML

RAISED = str.maketrans("0123456789−n⊤T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᵀᵀ")
ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "¯": "\u0304", "\u0332": "\u0305", "~": "\u0303"}
SPACED = set("=≠<>≤≥≈∼+−±≪≫→∝∈·⋅×∣⇔⇒")
END = "\u2063"  # of a script: a letter that follows stands apart from it


def group(text: str) -> str:
    """``text`` in brackets, unless it is one sign or number."""
    return text if re.fullmatch(r"[\d.]+|\w[\u0302-\u0305]?", text) else f"({text})"


def scripted(kind: str, base: str, scripts: list[str]) -> str:
    """``base`` with what stands below and above it, raised by Unicode's own signs where there are such."""
    text = base.removesuffix(END)
    if kind == "mover" and scripts[0] in ACCENTS:
        return "".join(sign + ACCENTS[scripts[0]] for sign in text)
    if "sub" in kind or "under" in kind:
        below = scripts.pop(0).replace(" ", "").replace(END, "")
        text += f"_{below if below.isalnum() else group(below)}"
    for above in scripts:
        raised = above.translate(RAISED)
        text += raised if set(raised).isdisjoint(above) else f"^{group(above)}"
    return text + (" " if base in ("∑", "∏") else END)


def written(element: ET.Element) -> str:
    """An element of MathML and all inside it; rows of a table on lines of their own."""
    parts, text = [written(child) for child in element], (element.text or "").strip("\n")
    match element.tag:
        case "mfrac":
            return f"({group(parts[0])}/{group(parts[1])})"
        case "msqrt":
            return f"√{group(''.join(parts))}"
        case "mover" | "msup" | "munder" | "msub" | "munderover" | "msubsup":
            return scripted(element.tag, parts[0], parts[1:])
        case "mtr":
            return " ".join(parts) + "\n"
        case "mspace":
            return " "
        case "mi" | "mo" if re.fullmatch("[A-Za-z]{2,}", text):  # log
            return f" {text} "
        case "mo" if text in SPACED and element.get("lspace") != "0":
            return f" {text} "
    return text + "".join(parts)


def plain(tex: str) -> str:
    """A formula as plain text."""
    try:
        mathml = LatexToMathML(fancy_error=False).convert_with_local_state(tex, displaystyle=False)
    except LatexError:  # the page's own formula is refused at its place: see mathml.py
        return tex
    for entity in set(re.findall(r"&[a-zA-Z]+;", mathml)) - {"&lt;", "&gt;", "&amp;"}:
        mathml = mathml.replace(entity, html.unescape(entity))
    root = ET.fromstring(mathml)
    text = written(root)[
        slice(1, -1) if [child.tag for child in root] == ["mfrac"] else slice(None)
    ]
    text = re.sub(rf"{END}(?=[^\W\d])|(?<=[∑∏])(?=[^\W_])", " ", re.sub("([,;])", r"\1 ", text))
    text = re.sub(f"[{END}\u2061\u2062\ufe00]", "", text)
    text = re.sub(r"(?<=[(\[ /\n]) +| +(?=[)\],.;:_/\n]|$)|(?<=[^\W\d_]{2}) +(?=\()", "", text)
    return unicodedata.normalize("NFC", re.sub(r"(?<![^\n(]) *− ", "−", text).strip())

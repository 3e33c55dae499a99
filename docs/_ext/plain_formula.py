"""TeX as plain text for a script's comments, ``ŵ = ∑_i x_i y_i/∑_i x_i²``, by way of its MathML."""

import html
import re
import unicodedata
from xml.etree import ElementTree as ET

from math_core import LatexToMathML

RAISED = str.maketrans("0123456789−n⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᵀ")
ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "¯": "\u0304", "\u0332": "\u0305", "~": "\u0303"}
SPACED = set("=≠<>≤≥≈∼+−±≪≫→∝∈·⋅×∣⇔⇒")
END = "\u2063"  # of a script: a letter that follows stands apart from it


def group(text: str) -> str:
    """``text`` in brackets, unless it is one sign or number."""
    return text if re.fullmatch(r"[\d.]+|\w[\u0302-\u0305]?", text) else f"({text})"


def power(base: str, text: str) -> str:
    """``base`` with ``text`` raised, by Unicode's own signs where there are such."""
    raised = text.translate(RAISED)
    known = set(raised).isdisjoint(text)
    end = base[-1:] if base.endswith(" ") else END
    return base.rstrip(f" {END}") + (raised if known else f"^{group(text)}") + end


def index(base: str, text: str) -> str:
    """``base`` with ``text`` below it."""
    below = text.replace(" ", "").replace(END, "")
    text = f"{base}_{below if below.isalnum() else group(below)}"
    return text + (" " if base in ("∑", "∏") else END)


def written(element: ET.Element) -> str:
    """An element of MathML and all inside it; rows of a table on lines of their own."""
    parts = [written(child) for child in element]
    match element.tag, parts:
        case "mfrac", [above, below]:
            return f"({group(above)}/{group(below)})"
        case "msqrt", _:
            return f"√{group(''.join(parts))}"
        case "mover", [base, accent] if accent in ACCENTS:
            return unicodedata.normalize("NFC", "".join(sign + ACCENTS[accent] for sign in base))
        case "mover" | "msup", [base, above]:
            return power(base, above)
        case "munder" | "msub", [base, below]:
            return index(base, below)
        case "munderover" | "msubsup", [base, below, above]:
            return power(index(base, below), above)
        case "mtr", _:
            return "  ".join(parts).strip() + "\n"
        case "mspace", _:
            return " "
        case "mi" | "mo", _ if re.fullmatch("[A-Za-z]{2,}", element.text or ""):  # log
            return f" {element.text} "
        case "mo", _:
            sign = element.text or ""
            return f" {sign} " if sign in SPACED and element.get("lspace") != "0" else sign
        case _:
            return (element.text or "").strip("\n") + "".join(parts)


def plain(tex: str) -> str:
    """A formula as plain text."""
    mathml = LatexToMathML(fancy_error=False).convert_with_local_state(tex, displaystyle=False)
    for entity in set(re.findall(r"&[a-zA-Z]+;", mathml)) - {"&lt;", "&gt;", "&amp;"}:
        mathml = mathml.replace(entity, html.unescape(entity))
    root = ET.fromstring(mathml)
    text = written(root)
    if [child.tag for child in root] == ["mfrac"]:
        text = text[1:-1]
    text = re.sub(f"(?<=_.){END}(?=[^\\W\\d])|(?<=[∑∏])(?=[^\\W_])", " ", text)
    text = re.sub(f"[{END}\u2061\u2062\ufe00]", "", text).replace(",", ", ")
    text = re.sub(r"(?<=[(\[ ]) +| +(?=[)\],.;:_/]|$)|(?<=[^\W\d_]{2}) +(?=\()", "", text, flags=re.MULTILINE)
    return re.sub(r"(?<![^\n(]) *− ", "−", text).strip()

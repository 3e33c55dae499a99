"""What a formula says when it is read aloud, made of its MathML."""

import re
import unicodedata
from xml.etree import ElementTree

SIGNS = dict(
    pair.split(" ", 1)
    for pair in """− minus|- minus|+ plus|= equals|± plus or minus|⋅ times|· times|× times|/ over
∣ given|‖ norm|∥ norm|∑ sum|∏ product|∫ integral|∂ partial|∇ gradient|√ root|∞ infinity|! factorial
⊤ transpose|′ prime|∈ in|≤ at most|≥ at least|< less than|> greater than|≠ is not|≈ about|∝ is proportional to
∼ is distributed as|→ to|⇒ so|⟹ so|⟺ exactly if|… and so on|⋯ and so on
( open|) close|[ open|] close|{ open|} close|⌊ open|⌋ close""".replace("\n", "|").split("|")
)
OVER = dict.fromkeys("ˆ\u0302^", "hat") | dict.fromkeys("‾¯ˉ", "bar") | dict.fromkeys("~˜", "tilde")
POWERS = {"2": "squared", "3": "cubed", "⊤": "transpose", "−1": "inverse", "-1": "inverse"}


def spoken(mathml: str) -> str:
    """The words of a formula, from left to right."""
    text = re.sub(r"&(?!#|amp;|lt;|gt;)\w+;", " ", mathml)
    words = " ".join(say(ElementTree.fromstring(text)).split())
    plain = unicodedata.normalize("NFKC", words).replace("\ufe00", "")  # a bold letter is a letter
    return re.sub(r"(?: ?[,;])*( ?[,;])", r"\1", plain).replace(" ,", ",").strip(" ,;")


def say(element: ElementTree.Element) -> str:
    """One element and what it holds."""
    parts = [say(child) for child in element]
    match element.tag:
        case "mi" | "mn" | "mtext" | "mo":
            sign = (element.text or "").strip("\u2061\u2062\u2063 ")
            return SIGNS.get(sign, sign)
        case "munder" if element[0].get("class") == "under":
            return f"{parts[0]}, called {parts[1]},"
        case "mfrac":
            return f"{parts[0]} over {parts[1]}, "
        case "msqrt":
            return f"root of {' '.join(parts)}, "
        case "msub":
            return f"{parts[0]} sub {parts[1]}"
        case "msup" | "mover" | "msubsup" | "munderover" | "munder":
            return scripts(element.tag, parts, "".join(element[-1].itertext()).strip())
        case "mtr":
            return " ".join(parts) + "; "
        case "mspace":
            return " "
    return " ".join(parts)


def scripts(tag: str, parts: list[str], last: str) -> str:
    """A base with what stands over, under or beside it."""
    match tag:
        case "msup":
            return f"{parts[0]} {POWERS.get(last, f'to the power {parts[1]},')}"
        case "mover":
            return f"{parts[0]} {OVER.get(last, parts[1])}"
        case "msubsup":
            return f"{parts[0]} sub {parts[1]} {POWERS.get(last, f'to the power {parts[2]},')}"
        case "munderover":
            return f"{parts[0]} from {parts[1]} to {parts[2]} of"
    return f"{parts[0]} over {parts[1]},"

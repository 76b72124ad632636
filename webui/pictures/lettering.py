"""Lettering: how wide a text will be at most, and how it is cut or broken to fit; the server knows no fonts and reckons with wide ones."""

import re
import unicodedata

ELLIPSIS = "…"
BOLD = 1.1  #: how much wider a bold text is
#: widths in em like those of DejaVu Sans, the widest of the usual interface fonts; what is not named takes its group's width
_WIDTHS = (
    dict.fromkeys("ijl|!.,:;'·Il\u00ad", 0.34)
    | dict.fromkeys("frtJ()[]/\\- \u202f\u00a0", 0.42)
    | dict.fromkeys("szcv", 0.57)
    | dict.fromkeys("ELFTPY", 0.64)
    | dict.fromkeys("mM@%W", 1.0)
    | dict.fromkeys("w&+−±…–—<=>", 0.84)
)
_UPPER, _OTHER, _FULL, _STRANGE = 0.79, 0.64, 1.1, 2.4
_BROKEN = ("Cc", "Cs", "Cn", "Co")
#: whatever ends a line, and marks that turn the direction of what follows
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def measure_text(text: str, size: float, *, bold: bool = False) -> float:
    """Measure a text: at most so wide in user units at a font size."""
    return sum(map(_measure, text)) * size * (BOLD if bold else 1)


def _measure(letter: str) -> float:
    width = _WIDTHS.get(letter)
    if width is not None:
        return width
    if letter.isascii() or unicodedata.category(letter) in ("Ll", "Nd", "Sc"):
        return _UPPER if letter.isupper() else _OTHER
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.category(letter) == "Lu":
        return _UPPER
    # Scripts with letters as wide as they are high, and signs that some fonts draw as whole words (U+FDFD).
    return (
        _FULL if unicodedata.east_asian_width(letter) in "WF" or (unicodedata.category(letter) == "Lo" and letter < "\ufb00") else _STRANGE
    )


_RELIABLE = ("Ll", "Lu", "Nd", "Sc", "Zs", "Pd", "Po", "Pi", "Pf", "Sm")  #: kinds of letters whose widths differ little from font to font


def is_plain(text: str) -> bool:
    """Tell whether the measure can be relied on."""
    return all(letter.isascii() or unicodedata.category(letter) in _RELIABLE for letter in text)


def clean_text(text: str) -> str:
    """Replace what no SVG may hold, or what would break or turn the line: controls, line ends, halves of letters, marks of direction."""
    return "".join("\ufffd" if unicodedata.category(letter) in _BROKEN else letter for letter in _BREAKS.sub(" ", text).strip())


def fit_text(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Cut a text to a width, with an ellipsis where something was cut; an empty one where not even that fits."""
    whole = clean_text(text)
    if measure_text(whole, size, bold=bold) <= width:
        return whole
    kept, used = "", measure_text(ELLIPSIS, size, bold=bold)
    if used > width:
        return ""
    for letter in whole:
        used += measure_text(letter, size, bold=bold)
        if used > width:
            break
        kept += letter
    return kept.rstrip() + ELLIPSIS


def break_text(text: str, size: float, width: float, lines: int = 2) -> list[str]:
    """Break a text between words into at most so many lines; the last one is cut to fit."""
    words = clean_text(text).split()
    found: list[str] = []
    while words and len(found) < lines - 1:
        line = words[0]
        count = 1
        while count < len(words) and measure_text(f"{line} {words[count]}", size) <= width:
            line += f" {words[count]}"
            count += 1
        found.append(fit_text(line, size, width))
        words = words[count:]
    return [*found, fit_text(" ".join(words), size, width)] if words else found

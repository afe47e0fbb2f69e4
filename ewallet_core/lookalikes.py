"""Names and emails that can be mistaken for others: mixed scripts, and letters that look alike."""

from __future__ import annotations

import unicodedata

from ewallet_core.spelling import JOINERS

# Scripts that are written together.
_MIXED_BY_CUSTOM = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
_SCRIPTS = {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA"}
# Letters that all scripts use.
_NO_SCRIPT = frozenset({"MODIFIER"})


def scripts_of(text: str) -> set[str]:
    """The scripts of the text's letters, each by the first word of their Unicode names."""
    letters = (each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each)[0] == "L")
    words = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters} - _NO_SCRIPT
    return {_SCRIPTS.get(word, word) for word in words if word}


def mixes_scripts(text: str) -> bool:
    """Whether it has letters of scripts that are not mixed in one word, such as Latin and Cyrillic.

    The part of an email before its `@` and each part of its domain count for themselves.
    """
    local, _, domain = text.rpartition("@")
    parts = (local, *domain.split(".")) if local else (text,)
    return any(_mixes(part) for part in parts)


def _mixes(text: str) -> bool:
    if text.isascii():
        return False
    found = scripts_of(text)
    return len(found) > 1 and not any(found <= together for together in _MIXED_BY_CUSTOM)


# A choice from Unicode's table of confusable characters: those of the scripts in use that look like a Latin
# letter in most fonts. Each line has a script's letters and, in the same order, what they look like.
_LOOK_LIKE = (
    ("01|I", "olll"),
    ("ıɑɡɩɪƅǀʏᴏᴠᴡᴢᴜᴄꜱɴʜ", "iagiiblyovwzucsnh"),
    ("абгеікопрстухѕјһԁԛԝӏѵ", "a6reikonpctyxsjhdqwlv"),
    ("АВЕЅІЈКМНОРСТУХҮԜӀЗЬ", "ABESlJKMHOPCTYXYWl3b"),
    ("αγεηικνορστυχωϳ", "ayenikvopotuxwj"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHlKMNOPTYX"),
    ("օսոհցզյՏՕԼ", "ounhgqjSOL"),
    ("סוןاهة", "ollloo"),
    ("ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᏚᎢᎡᏙᏔᏃ", "ABCDEGHJKLMPSTRVWZ"),
    ("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "BPDTGKJCZFMNLSRVHWXYAElOU"),
    ("ჿဝ๐", "ooo"),
    ("‐‑‒–—−·•’ʼ‘`", "------..''''"),
)
_LETTERS = {ord(one): other for like in _LOOK_LIKE for one, other in zip(*like, strict=True)}
# Two letters that together look like a third.
_PAIRS = str.maketrans({"m": "rn", "w": "vv"})


def skeleton(text: str) -> str:
    """What is left of a name or an email by its looks: two with the same skeleton can be mistaken."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if each not in JOINERS)
    looks = bare.translate(_LETTERS).casefold().translate(_LETTERS)
    return " ".join(looks.translate(_PAIRS).split())

"""Texts changed by rule so that they say something else: what a bag of words cannot tell apart.

Three kinds of change, each only where the rule is safe in the language: the roles of two persons are exchanged, a
negation is added or taken out, a number is replaced. The changed text keeps nearly every word of its original.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["order", "negation", "number"]
CHANGES: tuple[Kind, ...] = ("order", "negation", "number")


@dataclass(frozen=True)
class Changed:
    """What was changed, and the text after it."""

    kind: Kind
    text: str


def changes(text: str, language: str) -> Iterator[Changed]:
    """Every kind of change that applies to ``text``, at most one text of each. The same text always changes alike."""
    generator = random.Random(text)
    makers: tuple[tuple[Kind, Callable[[str, str, random.Random], str | None]], ...] = (
        ("order", _exchanged),
        ("negation", _negated),
        ("number", _renumbered),
    )
    for kind, make in makers:
        changed = make(text, language, generator)
        if changed is not None and changed != text:
            yield Changed(kind, changed)


# Names that stay as they are in every place of a sentence. Polish, Turkish, Russian and Ukrainian decline them, and
# Korean particles hang on a name's last sound.
_LATIN = ("Tom", "Mary", "John", "Alice", "Jim", "Ken", "Mike", "Bob", "Bill", "Jane", "Tony", "Jack", "Nancy", "Marie")
_NAMES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "id", "vi"), (*_LATIN, "Maria", "María")),
    "zh": ("汤姆", "玛丽", "约翰", "玛莉", "我", "你", "他", "她", "爱丽丝", "杰克"),
    "ja": ("トム", "メアリー", "ジョン", "私", "僕", "彼女", "彼", "あなた"),
    "th": ("ทอม", "แมรี่", "แมรี", "จอห์น"),
    "hi": ("टॉम", "मेरी", "मैरी", "जॉन"),
}
_JOINED = re.compile(
    r"^\W*(?:and|und|et|y|e|en|dan|và|or|oder|ou|with|'s|和|跟|与|及|同|、|と|や|も|의|와|과|กับ|और)\W*$"
)
_ALIKE = re.compile(  # what holds both ways, or where the exchanged person is nobody's counterpart
    r"\b(?:marr|engaged|met|meet|friend|both|twins|cousins|same|together|each other|divorc|couple|like|als|wie|comme)"
    r"|结婚|订婚|一起|互相|彼此|都|朋友|一样|見合|結婚|お互い|一緒|同じ|双子",
    re.IGNORECASE,
)
_SPACED = {"en", "de", "fr", "es", "it", "pt", "nl", "id", "vi", "hi"}


def _exchanged(text: str, language: str, generator: random.Random) -> str | None:
    """Two persons change places: 汤姆咬了玛丽, 玛丽咬了汤姆. None where a third is named or both do the same."""
    names = _NAMES.get(language, ())
    if not names or _ALIKE.search(text):
        return _pronouns_exchanged(text) if language == "en" else None
    pattern = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    if language in _SPACED:
        pattern = rf"\b(?:{pattern})\b"
    found = list(re.finditer(pattern, text))
    if len(found) != 2 or found[0][0] == found[1][0]:
        return _pronouns_exchanged(text) if language == "en" else None
    one, other = found
    between, after = text[one.end() : other.start()], text[other.end() : other.end() + 1]
    plural = language in {"zh", "ja"} and ("们" in (between[:1], after) or "達" in (between[:1], after))
    if plural or not between.strip() or _JOINED.match(between) or after == "自" or "自己" in between:
        return None
    return text[: one.start()] + other[0] + between + one[0] + text[other.end() :]


_SUBJECTS = {"I": "me", "He": "him", "She": "her", "We": "us", "They": "them", "Tom": "Tom", "Mary": "Mary"}
_OBJECTS = {value: key for key, value in _SUBJECTS.items()}
# Past tense and modal verbs look the same behind any subject.
_VERB = (
    r"(?:(?:will|can|could|must|might|didn't|won't|can't|couldn't|should|would|shouldn't|never) \w+|saw|told|gave|"
    r"asked|helped|loved|liked|hated|called|found|left|heard|taught|met|knew|sent|showed|paid|hit|kissed|hurt|caught|lent|"
    r"invited|invited|convinced|blamed|trusted|followed|warned|thanked|beat|bought|made|let|believed|watched|wanted|"
    r"persuaded|forgave|owed|promised|recognized|missed|chased|deceived|betrayed|introduced|told|took|brought)"
)
_ROLES = re.compile(rf"^({'|'.join(_SUBJECTS)}) ({_VERB}) ({'|'.join(map(re.escape, _OBJECTS))})\b(?! and\b)(.*)$")


def _pronouns_exchanged(text: str) -> str | None:
    """English "I saw him yesterday" becomes "He saw me yesterday"."""
    found = _ROLES.match(text)
    if found is None or _SUBJECTS[found[1]] == found[3] or (found[3] == "her" and re.match(r" [a-z]", found[4])):
        return None
    return f"{_OBJECTS[found[3]]} {found[2]} {_SUBJECTS[found[1]]}{found[4]}"


# (what to look for, what to put there). Taking a negation out comes first; adding one follows.
_NEGATION: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\b(is|are|was|were|has|have|had|could|would|should|must|did|does|do|need)n't\b", r"\1"),
        (r"\bcan(?:not|'t)\b", "can"),
        (r"\bwon't\b", "will"),
        (r"\b(am|is|are|was|were|will|can|could|would|should|must|has|have|had|may|might|shall) not\b", r"\1"),
        (r"\b(never)\b", "always"),
        (r"\b[Nn]obody\b", "Everybody"),
        (r"\bnothing\b", "everything"),
        (r"\bwithout\b", "with"),
        (r"\b(is|are|was|were|will|could|would|should|must|may|might|can|am)\b(?! (?:no|not|never)\b)", r"\1 not"),
        (r"'(m|re)\b", r"'\1 not"),
        (r"\balways\b", "never"),
        (r"\bEverybody\b|\bEveryone\b", "Nobody"),
    ),
    "zh": (
        (r"没有", "有"),
        (
            r"(?:不|没)(会|能|是|想|要|知道|喜欢|可以|应该|必|需要|懂|相信|认识|同意|记得|在|去|来|吃|喝|看|说|做|用)",
            r"\1",
        ),
        (r"从不|从来不", "总是"),
        (r"(?<![不没是])(?<!是)(会|能|可以|应该|喜欢|知道|需要|认识|同意|相信)(?!不|没)", r"不\1"),
        (r"(?<![不没还但可于总就只])是(?!不|否)", "不是"),
    ),
    "ja": (
        (r"ではありません|じゃありません", "です"),
        (r"ません(?!か|でした)", "ます"),
        (r"ませんでした", "ました"),
        (r"(?<!せ)ました(?!か)", "ませんでした"),
        (r"ます(?![かのが])", "ません"),
        (r"(?<=[一-龯ぁ-ん])です。", "ではありません。"),
    ),
    "de": (
        (r" nicht\b", ""),
        (r"\bkein(e|en|er|em)?\b", r"ein\1"),
        (r"\b(ist|sind|war|kann|wird|muss)\b", r"\1 nicht"),
    ),
    "fr": (
        (r"\b(?:ne |n')(\w+) (?:pas|jamais|plus)\b", r"\1"),
        (r"\b(est|sont|était|peut|va)\b(?! pas)", r"n'\1 pas"),
    ),
    "es": ((r"\b[Nn]o (?=[a-záéíóú])", ""), (r"\b(es|está|son|puede|tiene)\b", r"no \1")),
    "it": ((r"\b[Nn]on (?=[a-z])", ""), (r"\b(è|sono|può|era)\b", r"non \1")),
    "pt": ((r"\b[Nn]ão (?=[a-z])", ""), (r"\b(é|está|são|pode|tem)\b", r"não \1")),
    "nl": ((r" niet\b", ""), (r"\bgeen\b", "een"), (r"\b(is|zijn|was|kan)\b", r"\1 niet")),
    "pl": ((r"\b[Nn]ie (?=[a-z])", ""), (r"\b(jest|są|był|może|mogę)\b", r"nie \1")),
    "ru": ((r"\b[Нн]е (?=[а-я])", ""), (r"\b(может|был|была|можно|будет)\b", r"не \1")),
    "uk": ((r"\b[Нн]е (?=[а-яіїє])", ""), (r"\b(може|був|була|можна|буде)\b", r"не \1")),
    "id": ((r"\b[Tt]idak (?=[a-z])", ""), (r"\b(bisa|akan|dapat|suka)\b", r"tidak \1")),
    "vi": ((r"\bkhông (?=[a-zà-ỹ]+ [a-zà-ỹ])(?!phải)", ""), (r"\b(có thể|sẽ)\b", r"không \1")),
    "hi": ((r" नहीं(?= )", ""), (r" (है।)", r" नहीं \1")),
    "ko": ((r" (?:안|못) ", " "), (r"(\S+)지 않는다", r"\1는다")),
    "th": ((r"ไม่(?!ใช่|ค่อย|เลย)", ""),),
    "tr": ((r"\b(\w+) değil(dir|im|sin|iz|ler)?\b", r"\1"), (r"\bvar\b", "yok"), (r"\byok\b", "var")),
}


def _negated(text: str, language: str, generator: random.Random) -> str | None:
    """The first rule that matches, at its first match; questions are left alone."""
    if text.rstrip().endswith(("?", "？", "吗", "か。", "か", "؟")):
        return None
    for pattern, replacement in _NEGATION.get(language, ()):
        changed, count = re.subn(pattern, replacement, text, count=1)
        if count:
            return changed[:1].upper() + changed[1:] if text[:1].isupper() else changed
    return None


_DIGITS = re.compile(r"(?<![\w.,:/-])\d{1,4}(?![\w:/-]|[.,]\d)|(?<=[一-鿿ぁ-ヿ가-힣])\d{1,4}(?=[一-鿿ぁ-ヿ가-힣])")
_COUNTS: dict[str, tuple[str, ...]] = {
    "en": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twenty", "thirty", "fifty"),
    "de": ("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "zwanzig", "dreißig"),
    "fr": ("deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "vingt", "trente"),
    "es": ("dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "veinte", "treinta"),
    "it": ("due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "venti", "trenta"),
    "pt": ("dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "vinte", "trinta"),
    "nl": ("twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "twintig", "dertig"),
    "pl": ("dwa", "trzy", "cztery"),
    "tr": ("iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"),
    "id": ("dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"),
    "vi": ("hai", "ba", "bốn", "sáu", "bảy", "tám", "chín"),
}
_CHINESE_COUNT = re.compile(
    r"(?<![一二两三四五六七八九十百千第星期周])([二两三四五六七八九])(?=[个次天年月岁点本只块人位名杯张小分倍步层种家条件])"
)
_JAPANESE_COUNT = re.compile(
    r"(?<![一二三四五六七八九十百千])([二三四五六七八九])(?=[人時年月回本つ匹冊倍階分日歳台枚])"
)
_PAIRS = (("Monday", "Thursday"), ("Sunday", "Wednesday"), ("Saturday", "Tuesday"), ("twice", "four times"))


def _renumbered(text: str, language: str, generator: random.Random) -> str | None:
    """One number of the text becomes another of the same form, wherever it stands in the text."""
    found = _DIGITS.search(text)
    if found:
        return re.sub(rf"(?<!\d){found[0]}(?!\d)", _other_number(found[0], generator), text)
    words = _COUNTS.get(language, ())
    if words:
        found = re.search(rf"\b(?:{'|'.join(words)})\b", text)
        if found:
            other = generator.choice([word for word in words if word != found[0]])
            return text[: found.start()] + other + text[found.end() :]
    if language in {"zh", "ja"}:
        found = (_CHINESE_COUNT if language == "zh" else _JAPANESE_COUNT).search(text)
        if found:
            digits = "两三四五六七八九" if language == "zh" else "二三四五六七八九"
            other = generator.choice([digit for digit in digits if digit not in (found[1], "二")])
            return text[: found.start()] + other + text[found.end() :]
    if language == "en":
        for one, other in _PAIRS:
            if re.search(rf"\b{one}\b", text):
                return re.sub(rf"\b{one}\b", other, text)
            if re.search(rf"\b{other}\b", text):
                return re.sub(rf"\b{other}\b", one, text)
    return None


def _other_number(digits: str, generator: random.Random) -> str:
    if len(digits) == 4 and digits[:2] in {"18", "19", "20"}:  # a year stays a likely year
        return str(int(digits) + generator.choice((-23, -12, -7, 6, 9, 14)))
    low, high = (2, 9) if len(digits) == 1 else (10 ** (len(digits) - 1), 10 ** len(digits) - 1)
    other = generator.randint(low, high)
    return str(other if other != int(digits) else (other - 1 if other > low else other + 1))

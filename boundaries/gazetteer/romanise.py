"""Place names in letters: a draft after GB/T 16159 and 少数民族语地名 rules.

A reading belongs to a place, not to a character: 六合 is Luhe, 大黄堡 Dahuangbao.
So this suggests and says which characters are read in several ways; a person
confirms. Names of minority languages are stored as people give them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin

from boundaries.gazetteer.words import NameClass, split

READINGS: dict[str, tuple[str, ...]] = {
    "六合": ("lu", "he"),
    "涡阳": ("guo", "yang"),
    "大城县": ("dai", "cheng", "xian"),
    "洪洞": ("hong", "tong"),
    "单县": ("shan", "xian"),
    "长清": ("chang", "qing"),
    "浚县": ("xun", "xian"),
    "繁峙": ("fan", "shi"),
    "筠连": ("jun", "lian"),
    "郫都": ("pi", "du"),
    "宕昌": ("tan", "chang"),
    "朝阳": ("chao", "yang"),
    "曾都": ("zeng", "du"),
    "穆棱": ("mu", "ling"),
    "珲春": ("hun", "chun"),
    "什邡": ("shi", "fang"),
    "荥经": ("ying", "jing"),
    "长垣": ("chang", "yuan"),
    "长武": ("chang", "wu"),
    "长葛": ("chang", "ge"),
    "长阳": ("chang", "yang"),
    "十里堡": ("shi", "li", "pu"),
    "大黄堡": ("da", "huang", "bao"),
    "吴堡": ("wu", "bu"),
    "呼和浩特": ("hohhot", "", "", ""),
    "乌鲁木齐": ("ürümqi", "", "", ""),
    "阿克苏": ("aksu", "", ""),
    "巴彦淖尔": ("bayannur", "", "", ""),
}
"""Names whose usual reading is another than that of their characters one by one; the
longest that occurs wins. Settings may add to them."""

POLYPHONES: dict[str, str] = {
    "长": "chang zhang", "重": "chong zhong", "乐": "le yue", "朝": "chao zhao",
    "单": "dan shan", "厦": "sha xia", "堡": "bao bu pu", "盛": "sheng cheng",
    "六": "liu lu", "会": "hui kuai", "都": "du dou", "行": "hang xing",
    "传": "chuan zhuan", "参": "can shen cen", "解": "jie xie", "仇": "chou qiu",
    "尉": "wei yu", "朴": "pu piao", "查": "cha zha", "区": "qu ou",
    "曾": "ceng zeng", "翟": "zhai di", "番": "fan pan",
    "蔚": "wei yu", "铅": "qian yan", "浚": "jun xun", "洞": "dong tong",
    "枞": "cong zong", "涡": "wo guo", "莘": "shen xin", "歙": "she xi",
    "峙": "zhi shi", "筠": "jun yun", "宿": "su xiu", "藏": "cang zang",
    "泊": "bo po", "栎": "li yue", "圩": "wei xu", "埔": "bu pu", "垌": "dong tong",
    "峒": "dong tong", "汤": "tang shang", "陂": "bei pi po", "坻": "di chi",
    "什": "shi shen", "荥": "xing ying", "阿": "a e", "柏": "bai bo",
    "薄": "bo bao", "车": "che ju", "称": "cheng chen", "澄": "cheng deng",
    "畜": "chu xu", "弹": "dan tan", "繁": "fan po", "盖": "gai ge",
    "红": "hong gong", "贾": "jia gu", "降": "jiang xiang", "角": "jiao jue",
    "落": "luo la lao", "绿": "lv lu", "牟": "mou mu", "那": "na nuo",
    "强": "qiang jiang", "塞": "sai se", "色": "se shai", "省": "sheng xing",
    "沈": "shen chen", "氏": "shi zhi", "属": "shu zhu", "万": "wan mo",
    "洗": "xi xian", "系": "xi ji", "巷": "xiang hang", "校": "xiao jiao",
    "血": "xue xie", "叶": "ye xie", "育": "yu yo", "员": "yuan yun",
    "轧": "zha ya", "种": "zhong chong",
}  # fmt: skip
"""Characters that place names read in more than one way, with those ways. Rare and
obsolete readings of dictionaries are left out: they would have every name confirmed."""
_OPEN = ("a", "o", "e")


@dataclass(frozen=True)
class Romanised:
    """A suggestion. ``sure`` is False when a person must confirm it."""

    text: str
    syllables: tuple[str, ...]
    polyphones: tuple[str, ...]
    """Characters of the name that are read in several ways."""

    @property
    def sure(self) -> bool:
        """Whether no character could be read otherwise."""
        return not self.polyphones

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            "text": self.text,
            "polyphones": list(self.polyphones),
            "sure": self.sure,
        }


@lru_cache(maxsize=100_000)
def romanise(name: str, category: str | None = None) -> Romanised:
    """Return how a name is probably spelt: 专名 in one word, 通名 in another.

    Seats of committees and their like are written in one word (王村 Wangcun).
    """
    specific, generic = split(name, category)
    if category == NameClass.COMMITTEE and generic == "村":
        specific, generic = name, ""
    syllables = tuple(_syllables(name))
    words = [syllables[: len(specific)], syllables[len(specific) :]]
    text = " ".join(_word(word) for word in words if "".join(word))
    covered = {char for known in READINGS if known in name for char in known}
    doubtful = tuple(
        dict.fromkeys(
            char for char in specific if char not in covered and len(ways(char)) > 1
        )
    )
    return Romanised(text, syllables, doubtful)


def ways(char: str) -> tuple[str, ...]:
    """Return how place names read a character: one way unless it is a polyphone."""
    return tuple(POLYPHONES.get(char, "").split())


@lru_cache(maxsize=20_000)
def readings(char: str) -> frozenset[str]:
    """Return the toneless readings of one character, ü written v."""
    found = pinyin(char, style=Style.NORMAL, heteronym=True, v_to_u=False)
    return frozenset(found[0]) if found else frozenset()


def letters(text: str) -> str:
    """Return a spelling as keys have it: lower case, no tone, blank or apostrophe."""
    lowered = text.lower().replace("ü", "v").replace("u\u0308", "v")
    for toned in "ǖǘǚǜ":
        lowered = lowered.replace(toned, "v")
    plain = unicodedata.normalize("NFD", lowered)
    return "".join(char for char in plain if char.isascii() and char.isalnum())


def may_spell(spelling: str, name: str) -> bool:
    """Return whether a spelling is one of the ways the characters can be read."""
    wanted = letters(spelling)
    reached = {0}
    for char in name:
        options = {each.replace("ü", "v") for each in readings(char)}
        options |= {_DIGITS[char]} if char in _DIGITS else set()
        options |= {"r"} if char == "儿" else set()
        options |= {letters(char)} if char.isascii() else set()
        reached = {
            at + len(option)
            for at in reached
            for option in options
            if wanted.startswith(option, at)
        }
    return len(wanted) in reached


def initials(name: str) -> str:
    """Return the first letters of a name's syllables."""
    return "".join(part[:1] for part in romanise(name).syllables)


_DIGITS = dict(zip("〇一二三四五六七八九十", (*map(str, range(10)), "10"), strict=True))


def _syllables(name: str) -> list[str]:
    """Return one syllable a character, known readings first."""
    found = [_spelt(part) for part in lazy_pinyin(list(name), v_to_u=True)]
    whole = lazy_pinyin(name, v_to_u=True)
    if len(whole) == len(name):  # in context, where every character got its own
        found = [_spelt(part) for part in whole]
    for known in sorted(READINGS, key=len):  # the longest is written last and stays
        for match in re.finditer(re.escape(known), name):
            found[match.start() : match.end()] = READINGS[known]
    return found


def _spelt(part: str) -> str:
    return part.strip()


def _word(syllables: tuple[str, ...]) -> str:
    """Return syllables as one word: capital first, apostrophe before a, o, e."""
    text = syllables[0]
    for part in syllables[1:]:
        text += f"'{part}" if part.startswith(_OPEN) and text else part
    return text[:1].upper() + text[1:]

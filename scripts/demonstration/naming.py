"""Plausible names that sound different from each other."""

from __future__ import annotations

import numpy as np
from pypinyin import lazy_pinyin

_PLANTS = "桂柳梅竹荷莲松枫桐棠杏桃槐榆樱菊芙茶橘榕"
_PLACES = "园庭轩坊浦湾泉池溪岸台亭阁桥渡洲塘岭湖港"
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔"
    "曹严金魏陶姜谢邹苏潘葛范彭鲁韦马苗方袁柳唐罗薛雷贺倪汤"
)
_GROUNDS = (
    "家庄", "家湾", "家店", "家桥", "家沟", "家岭", "家坪", "家垄", "家坡", "家院",
    "家寨", "家渡", "家洼", "家畈",
)  # fmt: skip
_ENDINGS = {
    "市": "Shi",
    "区": "Qu",
    "县": "Xian",
    "街道": "Jiedao",
    "镇": "Zhen",
    "乡": "Xiang",
    "社区": "Shequ",
    "村": "Cun",
}


def romanised(name: str) -> str:
    """Return a name in pinyin: the specific part in one word, then the generic."""
    ending = next(
        (end for end in sorted(_ENDINGS, key=len, reverse=True) if name.endswith(end)),
        "",
    )
    specific = "".join(lazy_pinyin(name.removesuffix(ending), v_to_u=False))
    return f"{specific.capitalize()} {_ENDINGS[ending]}" if ending else specific


class Names:
    """Names for communities and villages, none sounding like another."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._sounds: set[str] = set()
        self._urban = self._shuffled(_PLANTS, _PLACES, rng)
        self._rural = self._shuffled(_SURNAMES, _GROUNDS, rng)

    def community(self) -> str:
        """Return a name for a community."""
        return self._next(self._urban) + "社区"

    def village(self) -> str:
        """Return a name for a village."""
        return self._next(self._rural) + "村"

    def _shuffled(
        self, firsts: object, seconds: object, rng: np.random.Generator
    ) -> list[str]:
        made = [a + b for a in firsts for b in seconds]  # type: ignore[attr-defined]
        rng.shuffle(made)
        return made

    def _next(self, names: list[str]) -> str:
        while True:
            name = names.pop()
            sound = "".join(lazy_pinyin(name))
            if sound not in self._sounds:
                self._sounds.add(sound)
                return name

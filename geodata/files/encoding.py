"""Which encoding a text is in, from its bytes, with evidence.

A declaration (.cpg, LDID, BOM) is a claim, not a fact: it is believed when the
bytes decode by it and give plausible text, and overruled with evidence otherwise.
Without one: strict UTF-8 is nearly never wrong; then GB18030 against Big5 by how
common the resulting characters are (domain H2).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence

from geodata.errors import InputError, Text
from geodata.files.reading import Encoding

_LDID = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x0A: "cp850",
    0x13: "cp932", 0x1B: "cp850", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852",
    0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "gb18030", 0x4E: "cp949",
    0x4F: "big5hkscs", 0x50: "cp874", 0x57: "cp1252", 0x58: "cp1252",
    0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x68: "cp895",
    0x6B: "cp857", 0x78: "big5hkscs", 0x79: "cp949", 0x7A: "gb18030",
    0x7B: "cp932", 0x7C: "cp874", 0x87: "cp852", 0x88: "cp857", 0xC8: "cp1250",
    0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
"""dBASE language drivers; GBK widened to GB18030, Big5 to HKSCS."""

_WIDER = {
    "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "936": "gb18030",
    "chinese": "gb18030", "euc_cn": "gb18030", "euccn": "gb18030", "hz": "gb18030",
    "big5": "big5hkscs", "cp950": "big5hkscs", "950": "big5hkscs",
    "shift_jis": "cp932", "sjis": "cp932", "932": "cp932", "949": "cp949",
    "euc_kr": "cp949", "ks_c_5601": "cp949", "65001": "utf-8", "utf8": "utf-8",
    "utf_8": "utf-8", "874": "cp874", "8859_1": "cp1252", "latin1": "cp1252",
    "iso8859_1": "cp1252", "iso_8859_1": "cp1252", "88591": "cp1252",
    "88592": "iso8859-2", "88595": "iso8859-5", "885915": "iso8859-15",
    "koi8r": "koi8-r",
}  # fmt: skip

_NAMES = {
    "gb18030": "GB18030",
    "utf-8": "UTF-8",
    "big5hkscs": "Big5",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
}

# The characters of Chinese place names and administration: text that is Chinese in
# the right encoding is full of them, text decoded wrongly has nearly none.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    "省市区县州旗盟乡镇村街道办事处社区居委会管理名称代码行政划编号类型面积东西南北山河江湖海岛"
    "城安宁平阳门新家石口林岭龙泉桥庄园路港湾川沟店集营寨屯堡塘坪坡岩崖洞寺庙塔桂兴福广永和昌"
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤琼渝贵云藏陕甘青疆台水金青白红高长太天华清明"
    "區縣鄉鎮臺灣灣東龍門橋莊園廣興華陽寧鐵車站學校醫院處級號面積類別備註說明"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")


def codec_of(declared: str) -> str | None:
    """Return the Python codec a .cpg or an XML head means, or None.

    ``OEM`` and ``ANSI`` say "whatever this machine had" and give None.
    """
    word = declared.strip().strip("\x00\ufeff\"'").lower()
    word = re.sub(r"^(ansi|oem|cp|ms|windows|ibm|code ?page|x)[ _-]*(?=\d)", "", word)
    word = re.sub(r"^(iso[ _-]*)(?=8859)", "", word)
    word = word.replace("-", "_").replace(" ", "_")
    plain = word.replace("_", "")
    for name in (_WIDER.get(word), _WIDER.get(plain), f"cp{plain}", word):
        if name and _known(name):
            return codecs.lookup(name).name
    return None


def _known(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def require_codec(name: str) -> str:
    """Return the codec a person asked for.

    Raises
    ------
    InputError
        For a name nobody knows.
    """
    found = codec_of(name)
    if found is None:
        raise InputError(
            Text(f"不认识的编码：{name}。", f"Unknown encoding: {name}."),
            Text("例如 UTF-8、GB18030、Big5。", "For example UTF-8, GB18030, Big5."),
        )
    return found


def ldid_codec(ldid: int) -> str | None:
    """Return the codec of a dBASE language driver number, or None."""
    name = _LDID.get(ldid)
    return name if name and _known(name) else None


def detect(samples: Sequence[bytes], *, declared: Iterable[Claim] = ()) -> Encoding:
    """Choose the encoding of byte strings.

    Parameters
    ----------
    samples
        Values as stored; a value cut in the middle of a character is allowed.
    declared
        ``(codec, where)`` pairs in the order they are to be believed, for
        instance ``("gb18030", Text(".cpg 写明 GBK", ".cpg says GBK"))``.

    Returns
    -------
    Encoding
        ``name`` is a Python codec's usual name; below 0.9 confidence a person
        should confirm it.
    """
    foreign = [text for text in samples if not text.isascii()]
    claims = list(declared)
    if not foreign:
        named = claims[0][0] if claims else "utf-8"
        return encoding(named, _and(Text("只有 ASCII 字符", "only ASCII text"), claims))
    if fits(foreign, "utf-8"):
        return _utf8(foreign, claims)
    for codec, where in claims:
        if codec != "utf-8" and _quality(foreign, codec) > _SUSPECT:
            better = _clearly_better(foreign, codec)
            if better is None:
                return encoding(codec, where, 0.97)
            return encoding(better, _contradicted(where, better), 0.85)
    return _by_content(foreign, claims)


Claim = tuple[str, Text]
_SUSPECT = 0.35
_FEW_LETTERS = 6
_CANDIDATES = ("gb18030", "big5hkscs")


def encoding(codec: str, why: Text, confidence: float = 1.0) -> Encoding:
    """Return an :class:`Encoding` with the codec's usual name."""
    canonical = codecs.lookup(codec).name
    return Encoding(_NAMES.get(canonical, canonical), why.zh, confidence, why.en)


def by_hand(name: str) -> Encoding:
    """Return the encoding a person set."""
    return encoding(require_codec(name), Text("人工指定", "set by hand"))


def fixed(name: str = "utf-8") -> Encoding:
    """Return the encoding a format prescribes."""
    return encoding(name, Text("格式规定的编码", "the format's own encoding"))


def by_mark(name: str) -> Encoding:
    """Return the encoding a byte order mark shows."""
    return encoding(name, Text("文件开头有字节序标记（BOM）", "byte order mark"))


def _utf8(samples: list[bytes], claims: list[Claim]) -> Encoding:
    """Take valid UTF-8 as UTF-8, but for a few bytes a claim explains as well."""
    for codec, where in claims:
        if (
            codec != "utf-8"
            and sum(map(len, samples)) < 12
            and (_quality(samples, codec) > _quality(samples, "utf-8"))
        ):
            return encoding(codec, where, 0.8)
    overruled = [where for codec, where in claims if codec != "utf-8"]
    if overruled:
        return encoding("utf-8", _contradicted(overruled[0], "utf-8"), 0.95)
    return encoding(
        "utf-8", Text("全部字节符合 UTF-8", "all bytes are valid UTF-8"), 0.99
    )


def _clearly_better(samples: list[bytes], claimed: str) -> str | None:
    """Return a Chinese encoding that fits much better than the one claimed."""
    own = _quality(samples, claimed)
    scores = {codec: _quality(samples, codec) for codec in _CANDIDATES}
    best = max(scores, key=scores.__getitem__)
    return best if best != claimed and scores[best] > own + 0.3 else None


def _by_content(samples: list[bytes], claims: list[Claim]) -> Encoding:
    scores = {codec: _quality(samples, codec) for codec in _CANDIDATES}
    best = max(scores, key=scores.__getitem__)
    other = min(scores.values())
    if scores[best] < 0.5:
        why = Text(
            "既不是 UTF-8 也不像中文，暂按西文读取",
            "neither UTF-8 nor Chinese; read as Western for now",
        )
        return encoding("cp1252", _against(why, claims), 0.5)
    enough = sum(len(decode(text, best)) for text in samples) >= _FEW_LETTERS
    clear = scores[best] - other > 0.15
    confidence = 0.95 if clear and enough else 0.75
    if claims:  # somebody said otherwise: let a person look
        confidence = min(confidence, 0.85)
    name = _NAMES[best]
    rival = _NAMES[min(scores, key=scores.__getitem__)]
    why = Text(
        f"按 {name} 解读有 {scores[best]:.0%} 像中文，按 {rival} 为 {other:.0%}",
        f"{scores[best]:.0%} plausible as {name}, {other:.0%} as {rival}",
    )
    return encoding(best, _against(why, claims), confidence)


def _and(why: Text, claims: list[Claim]) -> Text:
    if not claims:
        return why
    where = claims[0][1]
    return Text(f"{why.zh}（{where.zh}）", f"{why.en} ({where.en})")


def _against(why: Text, claims: list[Claim]) -> Text:
    if not claims:
        return why
    where = claims[0][1]
    return Text(
        f"{where.zh}，但与字节内容矛盾；{why.zh}",
        f"{where.en}, contradicted by the bytes; {why.en}",
    )


def _contradicted(where: Text, codec: str) -> Text:
    name = _NAMES.get(codec, codec)
    return Text(
        f"{where.zh}，但字节内容实为 {name}",
        f"{where.en}, but the bytes are {name}",
    )


def fits(samples: Iterable[bytes], codec: str) -> bool:
    """Return whether every value decodes, a cut last character aside."""
    return all(_decodes(text, codec) for text in samples)


def _decodes(text: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True


def decode(text: bytes, codec: str) -> str:
    """Decode one value; a character cut by the field's width is left out."""
    try:
        return text.decode(codec)
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder(codec)("replace")
        return decoder.decode(text, final=False)


def _quality(samples: list[bytes], codec: str) -> float:
    """Return 0 to 1: how much the decoded text looks like writing.

    The share of common Chinese characters counts most; rare ones, private use,
    controls and replacement marks count against.
    """
    if not fits(samples, codec):
        good = [text for text in samples if _decodes(text, codec)]
        if len(good) < 0.95 * len(samples):
            return 0.0
        samples = good
    text = "".join(decode(sample, codec) for sample in samples)
    foreign = [letter for letter in text if ord(letter) > 0x7F]
    if not foreign:
        return 0.0
    return sum(map(_plausible, foreign)) / len(foreign)


def _plausible(letter: str) -> float:
    if letter in _COMMON:
        return 1.0
    code = ord(letter)
    if _CONTROL.match(letter) or 0xE000 <= code <= 0xF8FF:
        return -1.0
    if 0x4E00 <= code <= 0x9FFF:
        return 0.6 if _in_gb2312_level1(letter) or _in_big5_level1(letter) else 0.1
    if 0x3000 <= code <= 0x30FF or 0xFF00 <= code <= 0xFFEF:
        return 0.5
    if 0xAC00 <= code <= 0xD7A3:
        return 0.4
    return 0.5 if unicodedata.category(letter)[0] in "LM" and code < 0x2000 else 0.1


def _in_gb2312_level1(letter: str) -> bool:
    try:
        raw = letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xB0 <= raw[0] <= 0xD7


def _in_big5_level1(letter: str) -> bool:
    try:
        raw = letter.encode("big5")
    except UnicodeEncodeError:
        return False
    return len(raw) == 2 and 0xA4 <= raw[0] <= 0xC6

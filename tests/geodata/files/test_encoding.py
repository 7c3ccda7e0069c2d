"""Which encoding: declarations are claims, bytes are facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError, Text
from geodata.files import encoding

NAMES = ["和平区", "河东区", "滨海新区", "宝坻区", "静海县小王庄镇", "行政区划代码"]
TRADITIONAL = ["臺北市大安區", "新北市板橋區", "鄉鎮市區名稱", "縣市代碼"]


def sample(texts: list[str], codec: str) -> list[bytes]:
    return [text.encode(codec) for text in texts]


def claim(codec: str) -> tuple[str, Text]:
    return codec, Text(f".cpg 写明 {codec}", f".cpg says {codec}")


@pytest.mark.parametrize(
    ("texts", "codec", "found"),
    [
        (NAMES, "utf-8", "UTF-8"),
        (NAMES, "gbk", "GB18030"),
        (NAMES, "gb18030", "GB18030"),
        (TRADITIONAL, "big5", "Big5"),
        (TRADITIONAL, "utf-8", "UTF-8"),
    ],
)
def test_content_alone_is_enough(texts: list[str], codec: str, found: str) -> None:
    result = encoding.detect(sample(texts, codec))
    assert result.name == found
    assert result.confidence >= 0.9
    assert result.evidence
    assert result.evidence_en


def test_a_claim_that_fits_is_believed() -> None:
    result = encoding.detect(sample(["РУССКИЙ"], "cp1251"), declared=[claim("cp1251")])
    assert (result.name, result.confidence) == ("cp1251", 0.97)
    assert ".cpg" in result.evidence_en


@pytest.mark.parametrize(
    ("codec", "lie", "found"),
    [("gbk", "utf-8", "GB18030"), ("utf-8", "gb18030", "UTF-8"),
     ("gbk", "big5hkscs", "GB18030"), ("gbk", "cp1252", "GB18030")],
)  # fmt: skip
def test_a_lying_claim_is_overruled_and_said(codec: str, lie: str, found: str) -> None:
    result = encoding.detect(sample(NAMES, codec), declared=[claim(lie)])
    assert result.name == found
    assert lie in result.evidence_en
    assert found in result.evidence_en


def test_overruling_on_content_asks_a_person() -> None:
    result = encoding.detect(sample(NAMES, "gbk"), declared=[claim("utf-8")])
    assert result.confidence < 0.9


def test_few_letters_are_not_sure() -> None:
    assert encoding.detect(["区".encode("gbk")]).confidence < 0.9


def test_western_text_is_only_a_suggestion() -> None:
    result = encoding.detect([b"caf\xe9", b"Z\xfcrich"])
    assert result.name == "cp1252"
    assert result.confidence < 0.9


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5"])
def test_a_value_cut_in_a_character_keeps_the_rest(codec: str) -> None:
    whole = "行政區域".encode(codec)
    assert encoding.decode(whole[:-1], codec) == "行政區"
    assert encoding.detect([whole[:-1] for _ in range(3)]).name in {
        "UTF-8", "GB18030", "Big5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "codec"),
    [
        ("GBK", "gb18030"), ("936", "gb18030"), ("gb2312", "gb18030"),
        ("CP936", "gb18030"), ("ANSI 936", "gb18030"), ("UTF-8\n", "utf-8"),
        ("utf8", "utf-8"), ("65001", "utf-8"), ("BIG5", "big5hkscs"),
        ("950", "big5hkscs"), ("ISO-8859-1", "cp1252"), ("88591", "cp1252"),
        ("OEM", None), ("ANSI", None), ("", None), ("nonsense", None),
        ("koi8r", "koi8-r"), ("ISO-8859-2", "iso8859-2"), ("zip", None),
    ],
)  # fmt: skip
def test_what_a_cpg_may_say(said: str, codec: str | None) -> None:
    assert encoding.codec_of(said) == codec


def test_a_person_names_an_encoding_or_is_told() -> None:
    assert encoding.by_hand("GBK").name == "GB18030"
    with pytest.raises(InputError, match="Unknown encoding"):
        encoding.by_hand("klingon")


CHINESE = st.text(
    st.sampled_from("东西南北中和平安宁新河海山城镇乡村街道区县市省县旗州盟办事处社区居委会"),
    min_size=3, max_size=8,
)  # fmt: skip


@given(st.lists(CHINESE, min_size=3, max_size=20), st.sampled_from(["utf-8", "gbk"]))
def test_chinese_names_always_come_out_right(texts: list[str], codec: str) -> None:
    found = encoding.detect(sample(texts, codec))
    assert [encoding.decode(raw, found.name) for raw in sample(texts, codec)] == texts

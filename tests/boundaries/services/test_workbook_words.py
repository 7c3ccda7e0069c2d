"""The sheet of what was chosen says it in words, not in keys."""

from __future__ import annotations

from boundaries.products import INTERNAL, marked
from boundaries.services.indicators.charts import trend_chart, units_chart
from boundaries.services.indicators.options import Options
from boundaries.services.indicators.workbook import chosen


def test_choices_are_told_in_words_of_the_language() -> None:
    options = Options().to_dict()
    told = {words.zh: value for words, value in chosen(options, "zh")}
    assert told["老年人口的口径"] == "60岁及以上"
    assert told["哪些类型是养老机构"].startswith("养老机构")
    assert told["登记为养老机构的其他设施也计入养老机构"] == "是"
    assert told["采用的规划标准"].startswith("GB 50437")
    assert told["区域型机构的最小建筑面积（㎡）"] == 1000
    english = {words.en: value for words, value in chosen(options, "en")}
    assert english["I9: which beds are counted"] == "beds of institutions"
    assert len(told) == len(english) == len(options)


def test_what_is_handed_out_says_what_it_may_be_used_for() -> None:
    assert marked("", "zh") == INTERNAL.zh
    assert marked("示例数据 · illustrative", "en") == f"{INTERNAL.en} · illustrative"
    document = {
        "name": {"zh": "床位"}, "unit": {"zh": "%"}, "scope": {"name": "望澜市"},
        "as_of": "2026-11-22", "stamp": {"id": "0ca5c0118468"}, "target": None,
        "trend": [], "units": [{"name": "松塘镇", "value": 3.0}],
    }  # fmt: skip
    for draw in (trend_chart, units_chart):
        plain = draw(document, "png", "zh")
        assert draw(document, "png", "zh", "内部使用") != plain

"""What the attributes of the registers are called, in both languages."""

from __future__ import annotations

from geodata.errors import Text

FIELD_WORDS: dict[str, Text] = {
    "marker": Text("界桩编号", "marker number"),
    "lines": Text("界线代码", "boundary lines"),
    "form": Text("类型", "form"),
    "faces": Text("面型", "faces"),
    "material": Text("材质", "material"),
    "state": Text("状态", "state"),
    "height_m": Text("高程（米）", "height (m)"),
    "height_type": Text("高程系统", "height system"),
    "accuracy_m": Text("点位精度（米）", "accuracy (m)"),
    "name": Text("名称", "name"),
    "level": Text("等级", "level"),
    "units": Text("两侧单位", "sides"),
    "survey_crs": Text("测量坐标系", "coordinate system of the survey"),
    "survey_scale": Text("测图比例尺", "scale of the survey"),
    "location": Text("位置描述", "where it is"),
    "reference_objects": Text("方位物", "reference objects"),
    "set_on": Text("埋设日期", "set on"),
    "registered_on": Text("登记日期", "registered on"),
    "custodian": Text("管护单位", "custodian"),
    "photos": Text("照片", "photos"),
    "public": Text("是否公开", "public"),
    "remark": Text("备注", "remark"),
    "inspection": Text("检查编号", "inspection number"),
    "subject": Text("界桩编号", "marker number"),
    "date": Text("检查日期", "date"),
    "kind": Text("检查类型", "kind"),
    "result": Text("检查结果", "result"),
    "damage": Text("损坏情况", "damage"),
    "action": Text("处理措施", "action"),
    "parties": Text("到场各方", "sides present"),
    "inspectors": Text("检查人", "inspectors"),
    "document": Text("文号", "document"),
    "place": Text("地名代码", "place code"),
    "category": Text("地名类别", "class"),
    "subcategory": Text("类别代码", "category code"),
    "romanised": Text("罗马字母拼写", "spelling in letters"),
    "romanised_confirmed": Text("拼写已确认", "spelling confirmed"),
    "specific": Text("专名", "specific term"),
    "generic": Text("通名", "generic term"),
    "division": Text("所属区划", "division"),
    "former_names": Text("曾用名", "former names"),
    "aliases": Text("别名、简称", "other names"),
    "script": Text("少数民族文字书写", "minority script"),
    "origin": Text("来历", "origin"),
    "meaning": Text("含义", "meaning"),
    "history": Text("历史沿革", "history"),
    "status": Text("使用状态", "status"),
    "authority": Text("批准机关", "approved by"),
    "approved_on": Text("批准日期", "approved on"),
    "named_on": Text("命名日期", "named on"),
}
"""Field of a register -> its label on pages, in findings and in forms."""

FACILITY_WORDS: dict[str, Text] = {
    "facility": Text("设施编码", "facility code"),
    "name": Text("设施名称", "name"),
    "type": Text("设施类型", "type"),
    "domain": Text("服务领域", "service"),
    "level": Text("服务级别", "serves the level"),
    "status": Text("状态", "status"),
    "moved_to": Text("迁至（新址编码）", "moved to (code of the new site)"),
    "moved_from": Text("迁自（原址编码）", "moved from (code of the old site)"),
    "ownership": Text("所有制", "ownership"),
    "nature": Text("机构性质", "registered as"),
    "acquisition": Text("取得方式", "premises"),
    "address": Text("地址", "address"),
    "coord_source": Text("坐标来源", "source of the coordinates"),
    "area_m2": Text("建筑面积（平方米）", "floor area (m²)"),
    "land_m2": Text("占地面积（平方米）", "land (m²)"),
    "beds": Text("各类床位（口径未说明）", "beds of all kinds (as stated)"),
    "beds_total": Text("机构床位", "beds"),
    "beds_nursing": Text("护理型床位", "nursing beds"),
    "beds_occupied": Text("入住人数", "residents"),
    "day_places": Text("日托位", "day places"),
    "home_beds": Text("家庭养老床位", "care beds at home"),
    "hospital_beds": Text("医疗床位", "hospital beds"),
    "meal_capacity": Text("日供餐能力（份）", "meals a day"),
    "functions": Text("服务功能（三入四嵌一床位）", "functions"),
    "comprehensive": Text("具备综合功能", "comprehensive"),
    "registered": Text("备案养老机构", "registered care home"),
    "medical_mode": Text("医疗服务方式", "medical care"),
    "staff": Text("工作人员", "staff"),
    "caregivers": Text("养老护理员", "caregivers"),
    "social_workers": Text("社会工作者", "social workers"),
    "radius_m": Text("服务半径（米）", "service radius (m)"),
    "rating": Text("评定等级", "rating"),
    "credit": Text("信用等级", "credit"),
    "contact": Text("联系人", "contact"),
    "phone": Text("联系电话", "telephone"),
    "website": Text("网址", "website"),
    "price_low": Text("最低收费（元/月）", "lowest price (yuan a month)"),
    "price_high": Text("最高收费（元/月）", "highest price (yuan a month)"),
    "phase": Text("规划期", "phase of planning"),
    "planned_for": Text("计划建成", "to be ready"),
    "opened_on": Text("开业日期", "opened on"),
    "closed_on": Text("停业日期", "closed on"),
    "source": Text("数据来源", "source"),
    "updated_on": Text("更新日期", "updated on"),
}
"""As :data:`FIELD_WORDS`, where facilities call it otherwise or alone have it."""


def words_of(layer: str) -> dict[str, Text]:
    """Return the label of every field of a register, in the order they are shown."""
    if layer == "facilities":
        shared = {name: FIELD_WORDS[name] for name in _SHARED}
        return {**FACILITY_WORDS, **shared}
    if layer == "population":
        from boundaries.services.counts import FIELD_WORDS as COUNTED

        told = {name: words for name, words in COUNTED.items() if name != "places"}
        return {
            "division": FIELD_WORDS["division"],
            **told,
            "remark": FIELD_WORDS["remark"],
        }
    return FIELD_WORDS


def called(layer: str, field: str) -> Text:
    """Return what people call a field of a layer, else its own name."""
    if field == "geometry":
        return Text("位置", "position")
    told = (
        {"code": Text("区划代码", "code")} if layer == "divisions" else words_of(layer)
    )
    return told.get(field, Text(field, field))


_SHARED = ("division", "document", "photos", "public", "remark")

"""The words of markers and inspections (界桩登记表, 联检记录表)."""

from __future__ import annotations

from boundaries.vocabulary import Word


class Form(Word):
    """How many stones of one number stand at a point of the border."""

    SINGLE = "single", "单立", "single"
    DOUBLE = "double", "同号双立", "double"
    TRIPLE = "triple", "同号三立", "triple"
    OTHER = "other", "其他", "other"

    @property
    def stones(self) -> int | None:
        """Stones of that number, None where the form does not say."""
        return {Form.SINGLE: 1, Form.DOUBLE: 2, Form.TRIPLE: 3}.get(self)


class Faces(Word):
    """Inscribed faces of a stone; three where three units meet."""

    TWO = "two", "双面型", "two faces"
    THREE = "three", "三面型", "three faces"


class Material(Word):
    """What a marker is made of."""

    GRANITE = "granite", "花岗岩", "granite"
    CONCRETE = "concrete", "钢筋混凝土", "reinforced concrete"
    COMPOSITE = "composite", "复合材料", "composite"
    METAL = "metal", "金属", "metal"
    OTHER = "other", "其他", "other"


class MarkerState(Word):
    """How a marker was found; the result of an inspection is one of these."""

    INTACT = "intact", "完好", "intact"
    WORN = "worn", "轻微破损", "slightly damaged"
    BROKEN = "broken", "严重破损", "badly damaged"
    FADED = "faded", "字迹模糊", "lettering faded"
    TILTED = "tilted", "倾斜", "tilted"
    MOVED = "moved", "移位", "moved"
    LOST = "lost", "丢失", "lost"
    BURIED = "buried", "被掩埋或遮挡", "buried or hidden"
    TO_REPLACE = "to_replace", "待更换", "to be replaced"
    REPLACED = "replaced", "已更换", "replaced"

    @property
    def sound(self) -> bool:
        """Whether nothing needs doing."""
        return self in (MarkerState.INTACT, MarkerState.REPLACED)


class InspectionKind(Word):
    """A joint inspection is the law's (界线管理条例 art 12), a patrol is not."""

    JOINT = "joint", "联合检查", "joint inspection"
    PATROL = "patrol", "日常巡查", "patrol"


class Action(Word):
    """What was done, or is to be done, about what was found."""

    NONE = "none", "无需处理", "none needed"
    REPAINT = "repaint", "描红", "lettering repainted"
    CLEAR = "clear", "清障", "cleared"
    REPAIR = "repair", "修复", "repaired"
    REPLACE = "replace", "更换", "replaced"
    MOVE = "move", "移动", "moved"
    REPORT = "report", "上报待处理", "reported"

    @property
    def needs_every_side(self) -> bool:
        """Whether all sides must be there (行政区域界线管理条例 arts 6, 16)."""
        return self in (Action.REPAIR, Action.REPLACE, Action.MOVE)

"""The bones of each format, checked before GDAL sees the file."""

from __future__ import annotations

import json
import sqlite3
import struct
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geodata.errors import FileRefusedError, LimitError, UnsupportedFormatError
from geodata.files import (
    dxf,
    geopackage,
    jsontext,
    mapinfo,
    shapefile,
    sniff,
    xmltext,
)
from geodata.files.limits import UPLOAD

SQUARES = [shapely.box(117 + n, 39, 118 + n, 40) for n in range(3)]


def frame() -> gpd.GeoDataFrame:
    names = ["和平区", "河东区", "河西区"]
    return gpd.GeoDataFrame({"name": names}, geometry=SQUARES, crs="EPSG:4490")


@pytest.fixture
def shp(tmp_path: Path) -> Path:
    path = tmp_path / "a.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame(), path, encoding="GBK")
    return path


@pytest.fixture
def gpkg(tmp_path: Path) -> Path:
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame(), path, layer="区")
    return path


def patched(path: Path, change: Callable[[bytearray], None]) -> Path:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def record_at(shp: Path, number: int) -> int:
    words = struct.unpack_from(
        ">i", shp.with_suffix(".shx").read_bytes(), 92 + 8 * number
    )
    return 2 * words[0]


class TestShapefile:
    def test_a_whole_one_is_understood(self, shp: Path) -> None:
        found = shapefile.check(shp, UPLOAD)
        assert (found.records, found.geometry_type, found.bad) == (3, "Polygon", {})
        assert found.encoding.name == "GB18030"

    @pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
    @pytest.mark.parametrize("keep", [0.5, 0.9])
    def test_a_part_cut_off_refuses_the_file(
        self, shp: Path, part: str, keep: float
    ) -> None:
        path = shp.with_suffix(part)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])
        with pytest.raises(FileRefusedError, match=r"not whole|damaged"):
            shapefile.check(shp, UPLOAD)

    def test_without_index_it_is_refused(self, shp: Path) -> None:
        shp.with_suffix(".shx").unlink()
        with pytest.raises(FileRefusedError, match=r"lacks its \.shx"):
            shapefile.check(shp, UPLOAD)

    def test_a_wrong_part_count_names_the_record(self, shp: Path) -> None:
        at = record_at(shp, 2) + 8 + 36
        patched(shp, lambda data: struct.pack_into("<i", data, at, 2_000_000_000))
        found = shapefile.check(shp, UPLOAD)
        assert list(found.bad) == [1]
        assert "2000000000 parts" in found.bad[1].en

    @pytest.mark.parametrize("starts", [7, -1, 5])
    def test_parts_out_of_order_name_the_record(self, shp: Path, starts: int) -> None:
        at = record_at(shp, 3) + 8 + 44
        patched(shp, lambda data: struct.pack_into("<i", data, at, starts))
        assert list(shapefile.check(shp, UPLOAD).bad) == [2]

    def test_an_index_pointing_elsewhere_refuses_the_file(self, shp: Path) -> None:
        shx = shp.with_suffix(".shx")
        patched(shx, lambda data: data.__setitem__(slice(108, 116), data[100:108]))
        with pytest.raises(FileRefusedError, match=r"where \.shx says"):
            shapefile.check(shp, UPLOAD)

    def test_fewer_attributes_than_shapes_refuse_the_file(self, shp: Path) -> None:
        dbf = shp.with_suffix(".dbf")
        patched(dbf, lambda data: struct.pack_into("<I", data, 4, 2))
        with pytest.raises(FileRefusedError, match="2 records"):
            shapefile.check(shp, UPLOAD)

    def test_deleted_attributes_are_seen(self, shp: Path) -> None:
        table = shapefile.Table.open(shp.with_suffix(".dbf"))
        at = table.header + table.length
        dbf = shp.with_suffix(".dbf")
        patched(dbf, lambda data: struct.pack_into("<B", data, at, 0x2A))
        assert shapefile.check(shp, UPLOAD).deleted == {1}

    def test_a_null_shape_is_a_bad_record(self, shp: Path) -> None:
        at = record_at(shp, 1) + 8
        patched(shp, lambda data: struct.pack_into("<i", data, at, 0))
        assert "null shape" in shapefile.check(shp, UPLOAD).bad[0].en


class TestGeoPackage:
    def test_a_whole_one_is_counted(self, gpkg: Path) -> None:
        assert geopackage.prepare(gpkg, UPLOAD).counts == {"区": 3}

    def test_cut_off(self, gpkg: Path) -> None:
        gpkg.write_bytes(gpkg.read_bytes()[:-4096])
        with pytest.raises(FileRefusedError, match="not whole"):
            geopackage.prepare(gpkg, UPLOAD)

    def test_newest_rows_in_a_missing_wal(self, gpkg: Path) -> None:
        patched(gpkg, lambda data: data.__setitem__(slice(18, 20), b"\x02\x02"))
        with pytest.raises(FileRefusedError) as caught:
            geopackage.prepare(gpkg, UPLOAD)
        assert "QGIS" in caught.value.hint.zh

    def test_a_wal_that_came_along_is_used(self, gpkg: Path, tmp_path: Path) -> None:
        with closing(sqlite3.connect(gpkg)) as writer:
            writer.execute("PRAGMA journal_mode=WAL")
            writer.execute("CREATE TABLE late (x)")
            writer.execute("INSERT INTO late VALUES ('新名')")
            writer.commit()
            copy = tmp_path / "copy.gpkg"
            copy.write_bytes(gpkg.read_bytes())
            wal = gpkg.with_name(gpkg.name + "-wal").read_bytes()
            copy.with_name("copy.gpkg-wal").write_bytes(wal)
        geopackage.prepare(copy, UPLOAD)
        with closing(sqlite3.connect(copy)) as reader:
            assert reader.execute("SELECT x FROM late").fetchall() == [("新名",)]

    def test_triggers_are_taken_out_and_said(self, gpkg: Path) -> None:
        with closing(sqlite3.connect(gpkg)) as writer:
            writer.execute("CREATE TABLE t (x)")
            writer.execute(
                "CREATE TRIGGER evil AFTER INSERT ON t BEGIN DELETE FROM t; END"
            )
            writer.commit()
        package = geopackage.prepare(gpkg, UPLOAD)
        assert "evil" in package.notes[0].en
        with closing(sqlite3.connect(gpkg)) as reader:
            kinds = reader.execute("SELECT DISTINCT type FROM sqlite_master").fetchall()
        assert {"trigger", "view"}.isdisjoint(kind for (kind,) in kinds)

    def test_a_layer_that_is_a_view_is_refused(self, gpkg: Path) -> None:
        with closing(sqlite3.connect(gpkg)) as writer:
            writer.execute(
                "CREATE VIEW v AS WITH RECURSIVE c(n) AS "
                "(SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
            )
            writer.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)"
                " VALUES ('v', 'features', 'v', 4326)"
            )
            writer.commit()
        with pytest.raises(FileRefusedError, match="v is a view"):
            geopackage.prepare(gpkg, UPLOAD)

    def test_a_table_that_opens_files_is_refused(self, gpkg: Path) -> None:
        with closing(sqlite3.connect(gpkg)) as writer:
            writer.execute("PRAGMA writable_schema=ON")
            writer.execute(
                "INSERT INTO sqlite_master VALUES ('table', 'vo', 'vo', 0, "
                "'CREATE VIRTUAL TABLE vo USING VirtualOGR(''/etc/passwd'')')"
            )
            writer.commit()
        with pytest.raises(FileRefusedError, match=r"virtual table|damaged"):
            geopackage.prepare(gpkg, UPLOAD)


def named(name: str) -> str:
    return f'{{"type":"name","properties":{{"name":"{name}"}}}}'


class TestJson:
    @staticmethod
    def prepare(tmp_path: Path, text: str | bytes) -> jsontext.Outline:
        path = tmp_path / "a.geojson"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return jsontext.prepare(path, UPLOAD)

    @pytest.mark.parametrize(
        ("features", "count"),
        [("[]", 0), ("[ ]", 0), ("[{}]", 1), ("[{},{}]", 2), ("[null,{}]", 2),
         ('["a,b",{}]', 2), ('[{"a":[1,2]}, {"b":"],["}]', 2), ('[1,"\\",",3]', 3)],
    )  # fmt: skip
    def test_features_are_counted_without_parsing(
        self, tmp_path: Path, features: str, count: int
    ) -> None:
        text = f'{{"type":"FeatureCollection","name":"]}}","features":{features}}}'
        assert self.prepare(tmp_path, text).features == count

    @pytest.mark.parametrize("depth", [40, 100_000])
    def test_depth_is_a_limit_and_costs_nothing(
        self, tmp_path: Path, depth: int
    ) -> None:
        text = '{"type":"Polygon","coordinates":' + "[" * depth + "]" * depth + "}"
        with pytest.raises(LimitError) as caught:
            self.prepare(tmp_path, text)
        assert caught.value.setting == "limits.depth"

    def test_many_different_keys_are_a_limit(self, tmp_path: Path) -> None:
        keys = {f"k{number}": 1 for number in range(20_000)}
        feature = {"type": "Feature", "properties": keys, "geometry": None}
        with pytest.raises(LimitError) as caught:
            self.prepare(tmp_path, json.dumps(feature))
        assert caught.value.setting == "limits.columns"

    @pytest.mark.parametrize(
        "text",
        ['{"type":"FeatureCollection","features":[', '{"type":"Point","a":"b',
         '{"type":"Point"}}'],
    )  # fmt: skip
    def test_an_open_bracket_is_a_cut_file(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(FileRefusedError, match="cut off"):
            self.prepare(tmp_path, text)

    @pytest.mark.parametrize(
        "text",
        ['{"type":"gdal_streamed_alg","command_line":"x"}', '{"type":"Topology"}',
         '{"geometryType":"esriGeometryPolygon","features":[]}', '["http://x/y"]',
         '{"a":{"type":"Point"}}', '"text"'],
    )  # fmt: skip
    def test_other_json_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(FileRefusedError):
            self.prepare(tmp_path, text)

    @pytest.mark.parametrize(
        ("crs", "found"),
        [
            (named("urn:ogc:def:crs:EPSG::4490"), "EPSG:4490"),
            (named("urn:ogc:def:crs:OGC:1.3:CRS84"), "OGC:CRS84"),
            (named("EPSG:4527"), "EPSG:4527"),
            (named("http://x/y"), None),
            ('{"type":"link","properties":{"href":"http://127.0.0.1:8799/"}}', None),
            ("null", None),
        ],
    )
    def test_the_crs_member_never_reaches_gdal(
        self, tmp_path: Path, crs: str, found: str | None
    ) -> None:
        text = f'{{"type":"FeatureCollection","crs":{crs},"features":[{{}}]}}'
        assert self.prepare(tmp_path, text).crs == found
        left = json.loads((tmp_path / "a.geojson").read_bytes())
        assert left["crs"] is None
        assert left["features"] == [{}]

    def test_gbk_and_bom_become_utf_8(self, tmp_path: Path) -> None:
        feature = '{"type":"Feature","properties":{"n":"%s"},"geometry":null}'
        text = feature % "天津市和平区行政区划"
        for raw, name in (
            (text.encode("gbk"), "GB18030"),
            (b"\xef\xbb\xbf" + text.encode(), "UTF-8"),
            (text.encode("utf-16"), "UTF-16"),
        ):
            assert self.prepare(tmp_path, raw).encoding.name.upper() == name
            left = json.loads((tmp_path / "a.geojson").read_bytes())
            assert left["properties"]["n"] == "天津市和平区行政区划"

    def test_lines_of_features_are_a_sequence(self, tmp_path: Path) -> None:
        line = '{"type":"Feature","properties":{},"geometry":null}'
        outline = self.prepare(tmp_path, f"\x1e{line}\n\x1e{line}\n")
        assert (outline.kind, outline.features) == ("GeoJSONSeq", 2)
        assert self.prepare(tmp_path, f"{line}\n{line}\n").kind == "GeoJSONSeq"


class TestXml:
    @staticmethod
    def prepare(tmp_path: Path, data: bytes) -> xmltext.Outline:
        path = tmp_path / "a.kml"
        path.write_bytes(data)
        return xmltext.prepare(path, UPLOAD)

    @pytest.mark.parametrize(
        "head",
        [b'<!DOCTYPE x [<!ENTITY a "b">]>', b'<!DOCTYPE x SYSTEM "http://x/y.dtd">',
         b"<!-- c --><!DOCTYPE x>"],
    )  # fmt: skip
    def test_doctypes_are_refused(self, tmp_path: Path, head: bytes) -> None:
        with pytest.raises(FileRefusedError, match="DOCTYPE"):
            self.prepare(tmp_path, b'<?xml version="1.0"?>' + head + b"<kml/>")

    def test_depth_is_a_limit(self, tmp_path: Path) -> None:
        with pytest.raises(LimitError) as caught:
            self.prepare(tmp_path, b"<kml>" + b"<a>" * 90 + b"</a>" * 90 + b"</kml>")
        assert caught.value.setting == "limits.depth"

    def test_cut_off(self, tmp_path: Path) -> None:
        with pytest.raises(FileRefusedError, match="cut off"):
            self.prepare(tmp_path, b"<kml><Placemark>")

    def test_gbk_is_rewritten_and_network_links_said(self, tmp_path: Path) -> None:
        text = (
            '<?xml version="1.0" encoding="GB2312"?><kml><Placemark>'
            "<name>天津市和平区</name></Placemark><NetworkLink/></kml>"
        )
        outline = self.prepare(tmp_path, text.encode("gbk"))
        assert outline.features == 1
        assert outline.encoding.name == "GB18030"
        assert "network" in outline.notes[0].en
        left = (tmp_path / "a.kml").read_text(encoding="utf-8")
        assert "天津市和平区" in left
        assert left.startswith('<?xml version="1.0" encoding="UTF-8"?>')


def drawing(*pairs: tuple[int, object]) -> str:
    return "\n".join(f"{code}\n{value}" for code, value in (*pairs, (0, "EOF"))) + "\n"


def section(name: str, *pairs: tuple[int, object]) -> tuple[tuple[int, object], ...]:
    return ((0, "SECTION"), (2, name), *pairs, (0, "ENDSEC"))


def block(name: str, *pairs: tuple[int, object]) -> tuple[tuple[int, object], ...]:
    return ((0, "BLOCK"), (2, name), *pairs, (0, "ENDBLK"))


class TestDxf:
    @staticmethod
    def prepare(tmp_path: Path, text: str) -> dxf.Drawing:
        path = tmp_path / "a.dxf"
        path.write_text(text, encoding="utf-8")
        return dxf.prepare(path, UPLOAD)

    def test_blocks_are_multiplied_out(self, tmp_path: Path) -> None:
        line = ((0, "LINE"), (8, "0"))
        blocks = [block("B0", *line)]
        for level in range(1, 12):
            inserts = ((0, "INSERT"), (2, f"B{level - 1}")) * 10
            blocks.append(block(f"B{level}", *inserts))
        body = section("BLOCKS", *(pair for one in blocks for pair in one))
        entities = section("ENTITIES", (0, "INSERT"), (2, "B11"))
        with pytest.raises(LimitError) as caught:
            self.prepare(tmp_path, drawing(*body, *entities))
        assert caught.value.setting == "limits.records"

    def test_an_array_is_multiplied_out(self, tmp_path: Path) -> None:
        body = section("BLOCKS", *block("A", (0, "LINE")))
        entities = section(
            "ENTITIES", (0, "INSERT"), (2, "A"), (70, 30_000), (71, 30_000)
        )
        with pytest.raises(LimitError):
            self.prepare(tmp_path, drawing(*body, *entities))

    def test_a_block_that_holds_itself_is_refused(self, tmp_path: Path) -> None:
        body = section("BLOCKS", *block("A", (0, "INSERT"), (2, "A")))
        entities = section("ENTITIES", (0, "INSERT"), (2, "A"))
        with pytest.raises(FileRefusedError, match="holds itself"):
            self.prepare(tmp_path, drawing(*body, *entities))

    def test_a_curve_with_billions_of_points_is_refused(self, tmp_path: Path) -> None:
        entities = section("ENTITIES", (0, "SPLINE"), (73, 2_000_000_000))
        with pytest.raises(LimitError) as caught:
            self.prepare(tmp_path, drawing(*entities))
        assert caught.value.setting == "limits.record_vertices"

    def test_cut_off(self, tmp_path: Path) -> None:
        text = drawing(*section("ENTITIES", (0, "LINE")))
        with pytest.raises(FileRefusedError, match="cut off"):
            self.prepare(tmp_path, text.replace("0\nEOF\n", ""))

    def test_an_ordinary_drawing_passes(self, tmp_path: Path) -> None:
        body = section("BLOCKS", *block("A", (0, "LINE")))
        entities = section("ENTITIES", *((0, "INSERT"), (2, "A")) * 3, (0, "LINE"))
        assert self.prepare(tmp_path, drawing(*body, *entities)).notes == ()


def test_a_mapinfo_table_that_links_elsewhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tab"
    for part in (".dat", ".map", ".id"):
        path.with_suffix(part).write_bytes(b"")
    path.write_text("!table\nDefinition Table\n  Type LINKED\n", encoding="ascii")
    with pytest.raises(FileRefusedError, match="links"):
        mapinfo.check(path)


@pytest.mark.parametrize(
    ("head", "name", "what"),
    [
        (b"AC1027" + bytes(100), "图.dwg", "DXF"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00", "a.mdb", "GeoPackage"),
        (b"\x00\x01\x00\x00Standard ACE DB\x00", "a.accdb", "GeoPackage"),
        (b"HeadBegin\r\nDatamark:LANDUSE.VCT\r\n", "a.vct", "GeoPackage"),
        (b"EXP  0 C:\\A.E00\n", "a.e00", "GeoPackage"),
        (b"\x08\x05\x17\xfe" + bytes(60), "a.dgn", "DXF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "a.xls", "xlsx"),
        (b"Rar!\x1a\x07\x00", "a.rar", "zip"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(60), "a.7z", "zip"),
        (b"%PDF-1.7", "a.pdf", "vector"),
        (b"SQLite format 3\x00" + bytes(84), "a.sqlite", "GeoPackage"),
        (b"AutoCAD Binary DXF\r\n\x1a\x00", "a.dxf", "ASCII"),
    ],
)
def test_formats_we_do_not_read_say_what_to_export(
    tmp_path: Path, head: bytes, name: str, what: str
) -> None:
    path = tmp_path / name
    path.write_bytes(head)
    with pytest.raises(UnsupportedFormatError) as caught:
        sniff.sniff(path)
    assert what in caught.value.hint.en
    assert caught.value.hint.zh


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<OGRVRTDataSource/>", None),
        (b'{"type":"FeatureCollection","features":[]}', "json"),
        (b"<kml/>", "kml"),
        (b"PK\x03\x04rest", "zip"),
        (b"  0\nSECTION\n", "dxf"),
        (b"a,b\n1,2\n", "table"),
        (b"\x01\x02\x00\x03", None),
        (b"", None),
    ],
)
@pytest.mark.parametrize("suffix", [".shp", ".geojson", ".gpkg", ".kml", ".zip"])
def test_content_decides_never_the_name(
    tmp_path: Path, content: bytes, kind: str | None, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    if kind is None:
        with pytest.raises(FileRefusedError):
            sniff.sniff(path)
    else:
        assert sniff.sniff(path) == kind

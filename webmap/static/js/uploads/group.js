/* Files dropped together that belong together: the parts of a Shapefile or a MapInfo table are one upload. */

const FAMILIES = [
  { main: "shp", parts: ["shx", "dbf", "prj", "cpg", "sbn", "sbx", "qix", "shp.xml"] },
  { main: "tab", parts: ["dat", "map", "id", "ind"] },
  { main: "mif", parts: ["mid"] },
  { main: "gpkg", parts: ["gpkg-wal", "gpkg-shm"] },
];

/* [File] -> [{ name, size, modified, files }] */
export function group(files) {
  const left = [...files];
  const items = [];
  for (const { main, parts } of FAMILIES) {
    for (const file of left.filter((each) => ending(each, main))) {
      const stem = file.name.slice(0, -main.length - 1);
      const beside = left.filter((each) => each !== file && parts.some((part) => each.name.toLowerCase() === `${stem}.${part}`.toLowerCase()));
      const together = [file, ...beside];
      together.forEach((each) => left.splice(left.indexOf(each), 1));
      items.push(item(together));
    }
  }
  return [...items, ...left.map((file) => item([file]))];
}

const ending = (file, extension) => file.name.toLowerCase().endsWith(`.${extension}`);

function item(files) {
  return {
    name: files[0].name,
    size: files.reduce((sum, file) => sum + file.size, 0),
    modified: String(Math.max(...files.map((file) => file.lastModified))),
    files,
  };
}

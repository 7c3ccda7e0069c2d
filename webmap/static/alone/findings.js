/* The page that `quhua check --map` writes. It stands alone: no module is fetched, and
   what comes from the file is put on the page as text, never as markup. */
"use strict";
(() => {
  const told = JSON.parse(document.getElementById("data").textContent);
  const { findings, units, words } = told;
  const COLOURS = { error: "#c4271f", warning: "#d07a00", info: "#4a6d94" };
  const UNITS = ["#0b5cad", "#b3261e", "#1e6b2e", "#7a3e9d", "#8a5a00", "#00686b"];
  const FINE = new Set(["near_vertex", "unmatched_vertex", "repeated_point", "sliver_gap", "sliver_overlap", "gap", "overlap"]);
  const STEP = 200, FEW = 300, CELL = 56;
  const byId = (id) => document.getElementById(id);
  const named = new Map(units.keys.map((key, at) => [key, units.names[at]]));
  let lang = told.language, shown = [], current = -1, most = STEP;
  const off = new Set();
  let map, marks, lines, close;

  const say = (name, values = {}) => (words[name]?.[lang] ?? name).replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  };
  const figure = (value, digits) => value.toLocaleString(lang, { maximumFractionDigits: digits });
  const area = (m2) => m2 >= 1e6 ? `${figure(m2 / 1e6, 2)} km²` : m2 >= 1e4 ? `${figure(m2 / 1e4, 2)} ha` : `${figure(m2, m2 < 10 ? 3 : 1)} m²`;
  const length = (m) => m >= 1000 ? `${figure(m / 1000, 2)} km` : m < 0.1 ? `${figure(m * 1000, 2)} mm` : `${figure(m, m < 10 ? 3 : 1)} m`;
  const size = (one) => one.area_m2 !== null ? area(one.area_m2) : one.length_m !== null ? length(one.length_m) : "";
  const unit = (key) => named.get(key) ? `${named.get(key)} (${key})` : key;
  const who = (one, most) => one.participants.slice(0, most).map(unit).join(lang === "zh" ? "、" : ", ") + (one.participants.length > most ? ` … +${one.participants.length - most}` : "");

  /* The Folium map hands itself over here. */
  window.quhua = { attach(made) {
    map = made;
    map.options.maxZoom = 28;
    map.options.minZoom = 1;
    L.control.zoom({ position: "topright" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const canvas = L.canvas({ padding: 0.3, tolerance: 4 });
    lines = L.polyline(units.lines.flat().map(turned), { renderer: canvas, color: "#6b6275", weight: 1, interactive: false }).addTo(map);
    close = L.layerGroup().addTo(map);
    marks = L.layerGroup().addTo(map);
    map.on("mousemove", ({ latlng }) => { if (!told.plane) byId("place").textContent = `${latlng.lng.toFixed(7)}°E ${latlng.lat.toFixed(7)}°N`; });
    map.on("moveend", draw);
    whole();
    byId("place").hidden = told.plane;
    new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  } };
  const turned = (line) => line.map(([lng, lat]) => [lat, lng]);
  const whole = () => {
    const all = L.latLngBounds([]);
    if (units.lines.some((each) => each.length)) all.extend(lines.getBounds());
    for (const { box } of findings) if (box) all.extend([[box[1], box[0]], [box[3], box[2]]]);
    if (all.isValid()) map.fitBounds(all.pad(0.03), { animate: false });
  };

  /* Filters */
  const kinds = () => {
    const counts = new Map();
    for (const { rule, severity } of findings) counts.set(rule, { severity, count: (counts.get(rule)?.count ?? 0) + 1 });
    byId("kinds").replaceChildren(...[...counts].map(([rule, { severity, count }]) => element("label", {},
      element("input", { type: "checkbox", checked: !off.has(rule), onchange: (event) => { event.target.checked ? off.delete(rule) : off.add(rule); filter(); } }),
      element("span", { class: `mark ${severity}`, title: say(severity) }),
      element("span", {}, say(`rule.${rule}`)),
      element("span", { class: "count" }, figure(count, 0)))));
    byId("kinds-word").textContent = say("kinds", { n: counts.size });
  };
  const filter = () => {
    const asked = byId("search").value.trim().toLowerCase();
    shown = findings.map((_, at) => at).filter((at) => !off.has(findings[at].rule) && (!asked
      || findings[at].fingerprint.startsWith(asked)
      || findings[at].participants.some((key) => unit(key).toLowerCase().includes(asked))));
    most = STEP;
    draw();
    list();
  };

  const list = () => {
    const rows = shown.slice(0, most).map((at) => {
      const one = findings[at];
      return element("li", {}, element("button", { type: "button", "data-at": at, "aria-current": String(at === current), onclick: () => choose(at) },
        element("span", { class: `mark ${one.severity}`, role: "img", "aria-label": say(one.severity) }),
        element("span", {}, say(`rule.${one.rule}`)),
        element("span", { class: "size" }, size(one)),
        element("span", { class: "who" }, who(one, 4))));
    });
    if (!shown.length) rows.push(element("li", { class: "empty" }, say(findings.length ? "none_shown" : "nothing")));
    if (shown.length > most) rows.push(element("li", { class: "more" }, element("button", { type: "button", onclick: () => { most += STEP; list(); } }, say("more", { n: figure(shown.length - most, 0) }))));
    byId("list").replaceChildren(...rows);
    byId("total").textContent = told.total > findings.length ? say("cut", { n: figure(shown.length, 0), m: figure(findings.length, 0), all: figure(told.total, 0) })
      : shown.length === findings.length ? say("total", { n: figure(told.total, 0) }) : say("some", { n: figure(shown.length, 0), all: figure(told.total, 0) });
  };

  /* Many findings close together are one circle with their number. */
  const draw = () => {
    marks.clearLayers();
    const seen = map.getBounds().pad(0.2), cells = new Map(), all = [];
    for (const at of shown) {
      const { box } = findings[at];
      if (!box || at === current) continue;
      const place = L.latLng((box[1] + box[3]) / 2, (box[0] + box[2]) / 2);
      if (seen.contains(place)) all.push([at, place]);
    }
    for (const [at, place] of all) {
      const { x, y } = map.project(place);
      const cell = all.length > FEW ? `${Math.floor(x / CELL)},${Math.floor(y / CELL)}` : at;
      if (!cells.has(cell)) cells.set(cell, []);
      cells.get(cell).push([at, place]);
    }
    for (const group of [...cells.values()].reverse()) {
      const [[first, place]] = group;
      if (group.length === 1) {
        L.circleMarker(place, { radius: 6, color: "#ffffff", weight: 1.5, fillColor: COLOURS[findings[first].severity], fillOpacity: 0.9 })
          .on("click", () => choose(first, false)).addTo(marks);
      } else {
        const box = L.latLngBounds(group.map(([, each]) => each)), number = figure(group.length, 0), wide = 22 + 5 * number.length;
        const html = element("span", { class: `many ${findings[first].severity}` }, number);
        L.marker(box.getCenter(), { icon: L.divIcon({ html, className: "", iconSize: [wide, wide] }), alt: say("total", { n: number }), keyboard: false })
          .on("click", () => map.fitBounds(box.pad(0.2), { maxZoom: Math.max(map.getZoom() + 2, 12) })).addTo(marks);
      }
    }
  };

  /* One finding */
  const choose = (at, zoom = true) => {
    current = at;
    const one = findings[at];
    close.clearLayers();
    const style = { color: COLOURS[one.severity], weight: one.around.length ? 0 : 2, fillOpacity: 0.35, interactive: false };
    if (one.geometry) L.geoJSON(one.geometry, { style, pointToLayer: (_, latlng) => L.circleMarker(latlng, { ...style, weight: 3, radius: 9 }), interactive: false }).addTo(close);
    else if (one.box) L.rectangle([[one.box[1], one.box[0]], [one.box[3], one.box[2]]], { ...style, weight: 2, fill: false, dashArray: "4 4" }).addTo(close);
    one.around.forEach(([row, drawn], place) => {
      L.polyline(drawn.map(turned), { color: UNITS[place % UNITS.length], weight: 3, opacity: 0.85, dashArray: place % 2 ? "7 7" : null, interactive: false }).addTo(close);
      for (const line of drawn) for (const vertex of turned(line)) L.circleMarker(vertex, { radius: 3, weight: 1, color: UNITS[place % UNITS.length], fillColor: "#ffffff", fillOpacity: 1, interactive: false }).addTo(close);
    });
    if (zoom && one.box) {
      const [west, south, east, north] = one.box, least = FINE.has(one.rule) ? 0.00002 : 0.0002;
      const wide = Math.max(east - west, north - south, least) * 0.35;
      map.fitBounds([[south - wide, west - wide], [north + wide, east + wide]], { animate: false, maxZoom: 26 });
    }
    draw();
    tell();
    for (const button of byId("list").querySelectorAll("button[data-at]")) {
      const mine = Number(button.dataset.at) === at;
      button.setAttribute("aria-current", mine);
      if (mine) button.scrollIntoView({ block: "nearest" });
    }
  };

  const tell = () => {
    const box = byId("told");
    box.hidden = current < 0;
    if (current < 0) return;
    const one = findings[current], place = shown.indexOf(current);
    const facts = [[say("area"), one.area_m2 === null ? null : area(one.area_m2)],
      [say(one.rule === "off_line" ? "largest" : "width"), one.width_m === null ? null : length(one.width_m)],
      [say("length"), one.length_m === null ? null : length(one.length_m)],
      [say("repair"), one.repair ? say(`repair.${one.repair.kind}`) : say("by_person")]].filter(([, value]) => value !== null);
    const rows = (pairs) => pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
    const colours = one.around.map(([row], at) => [element("span", { class: `swatch u${at % UNITS.length}` }), unit(units.keys[row])]);
    box.replaceChildren(
      element("h2", {}, element("span", { class: `mark ${one.severity}` }), element("span", {}, say(`rule.${one.rule}`)),
        element("button", { type: "button", "aria-label": say("close"), onclick: () => { current = -1; close.clearLayers(); tell(); draw(); list(); } }, "×")),
      element("p", {}, one.message[lang]),
      element("dl", {}, ...rows(facts)),
      element("dl", { class: "rest" }, ...colours.flatMap(([mark, name]) => [element("dt", {}, mark), element("dd", {}, name)]), ...rows([[say("fingerprint"), one.fingerprint]])),
      element("div", { class: "turns" },
        element("button", { type: "button", disabled: place <= 0, onclick: () => choose(shown[place - 1]) }, say("before")),
        element("button", { type: "button", disabled: place < 0 || place >= shown.length - 1, onclick: () => choose(shown[place + 1]) }, say("next")),
        element("button", { type: "button", disabled: !one.box, onclick: () => choose(current) }, say("zoom"))));
  };

  const speak = () => {
    document.documentElement.lang = lang;
    document.title = say("title", { file: told.file });
    byId("title").textContent = say("title", { file: told.file });
    byId("language").textContent = lang === "zh" ? "English" : "中文";
    byId("whole").textContent = say("whole");
    byId("search").setAttribute("placeholder", say("search"));
    byId("search").setAttribute("aria-label", say("search"));
    byId("list").setAttribute("aria-label", say("findings"));
    byId("plane").textContent = told.plane ? say("plane") : "";
    byId("map_divisions").setAttribute("aria-label", say("map"));
    kinds();
    list();
    tell();
  };
  document.addEventListener("DOMContentLoaded", () => {
    byId("language").addEventListener("click", () => { lang = lang === "zh" ? "en" : "zh"; speak(); });
    byId("whole").addEventListener("click", whole);
    byId("search").addEventListener("input", filter);
    document.addEventListener("keydown", (event) => {
      if (event.target.matches("input") || !["n", "p"].includes(event.key) || event.ctrlKey || event.metaKey) return;
      const next = shown[shown.indexOf(current) + (event.key === "n" ? 1 : -1)];
      if (next !== undefined) choose(next);
    });
    filter();
    speak();
  });
})();

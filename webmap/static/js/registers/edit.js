/* Editing one record: its place picked on the map; of a name, what the rules say while it is typed. */

import { byId, element, fill } from "../dom.js";
import { createMap } from "../mapkit.js";
import { inWords, send } from "../ui/send.js";
import { language, say } from "../words.js";

const form = byId("record");
const field = (name) => form.elements.namedItem(name);

const PAUSE = 350;
const SHARE = 1e6;
/* What is typed in metres is put on the map when it comes back from the server. */
const inDegrees = ([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90;

function pickable(place) {
  const kit = createMap(place, { label: place.getAttribute("aria-label"), onClick: ({ at }) => pick(at.lng, at.lat) });
  let drawn = null;
  const show = () => {
    const at = [Number(field("lon").value), Number(field("lat").value)];
    drawn?.remove();
    drawn = null;
    if (!field("lon").value || !field("lat").value || !inDegrees(at)) return null;
    drawn = kit.addFeatures({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }, { style: "selected" });
    return at;
  };
  const pick = (lon, lat) => {
    field("lon").value = Math.round(lon * SHARE) / SHARE;
    field("lat").value = Math.round(lat * SHARE) / SHARE;
    show();
    form.dispatchEvent(new Event("picked"));
  };
  for (const name of ["lon", "lat"]) field(name).addEventListener("change", show);
  const at = show();
  if (at) kit.frame([at[0] - 0.02, at[1] - 0.015, at[0] + 0.02, at[1] + 0.015]);
}

function hinting(box) {
  const list = box.querySelector("ul");
  let timer = 0;
  let asked = null;
  const number = (name) => (field(name).value === "" ? null : Number(field(name).value));
  const look = async () => {
    asked?.abort();
    asked = new AbortController();
    if (!field("name").value.trim()) return;
    const at = [number("lon"), number("lat")];
    const [lon, lat] = inDegrees(at) ? at : [null, null];
    const typed = {
      name: field("name").value, category: field("category").value, romanised: field("romanised").value,
      romanised_confirmed: field("romanised_confirmed").checked, division: field("division").value,
      place: form.dataset.place ?? "", lon, lat,
    };
    try {
      const found = await send("/api/v1/names/check", typed, { signal: asked.signal });
      show(found);
    } catch (error) {
      if (error.name !== "AbortError") fill(list, element("li", { class: "soft" }, inWords(error)));
    }
  };
  const show = ({ findings, romanised }) => {
    const items = findings.map((found) => element("li", { class: `hint-${found.severity}` },
      element("strong", {}, found.label[language]), " ", found.message[language]));
    fill(list, ...(items.length ? items : [element("li", {}, say("Nothing to object to."))]));
    suggest(romanised);
  };
  const suggest = (romanised) => {
    const line = byId("suggestion");
    line.hidden = !romanised || romanised.text === field("romanised").value;
    if (line.hidden) return;
    const take = element("button", { type: "button", class: "button quiet", onclick: () => { field("romanised").value = romanised.text; look(); } },
      say("Use {text}", { text: romanised.text }));
    fill(line, take);
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, PAUSE); };
  form.addEventListener("input", soon);
  form.addEventListener("picked", soon);
  if (field("name").value) look();
}

if (byId("map")) pickable(byId("map"));
if (byId("hints")) hinting(byId("hints"));

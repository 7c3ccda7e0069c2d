/* Everything the page shows is in its address: dates, what was known, selection, place, panel,
   layers, a measurement, the sheet to print. */

const KEYS = ["date", "since", "side", "known", "sel", "at", "panel", "level", "layers", "m", "print"];

export function read() {
  const given = new URLSearchParams(location.search);
  const state = Object.fromEntries(KEYS.map((key) => [key, given.get(key)]));
  const place = /^(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(state.at ?? "");
  state.at = place ? { zoom: Number(place[1]), lat: Number(place[2]), lng: Number(place[3]) } : null;
  return state;
}

export function write(state, { remember = false } = {}) {
  const query = search(state);
  if (query === location.search) return;
  history[remember ? "pushState" : "replaceState"](null, "", query || location.pathname);
}

export function search(state, extra = {}) {
  const query = new URLSearchParams();
  for (const key of KEYS) {
    const value = key === "at" && state.at ? place(state.at) : state[key];
    if (value) query.set(key, value);
  }
  for (const [key, value] of Object.entries(extra)) query.set(key, value);
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%3B", ";");
  return text ? `?${text}` : "";
}

const place = ({ zoom, lat, lng }) => `${Number(zoom.toFixed(2))}/${lat.toFixed(5)}/${lng.toFixed(5)}`;

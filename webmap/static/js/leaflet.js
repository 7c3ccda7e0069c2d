/* Leaflet, once: the one the page brought, else our own copy beside this module. */

const beside = (path) => new URL(path, import.meta.url).href;

function put(tag, attributes, parent) {
  return new Promise((resolve, reject) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.addEventListener("load", resolve, { once: true });
    made.addEventListener("error", () => reject(new Error(`cannot load ${made.src ?? made.href}`)), { once: true });
    parent.append(made);
  });
}

/* A style sheet of ours, unless the page has it; waits until it holds. */
export async function stylesheet(path) {
  const name = path.split("/").at(-1);
  const there = [...document.styleSheets].some((sheet) => sheet.href?.split("?")[0].endsWith(`/${name}`));
  if (!there) await put("link", { rel: "stylesheet", href: beside(path) }, document.head);
}

if (!window.L) {
  await Promise.all([
    stylesheet("../vendor/leaflet/leaflet.css"),
    put("script", { src: beside("../vendor/leaflet/leaflet.js") }, document.head),
  ]);
}
export const L = window.L;

/* The divisions page: the tree beside the list; on a phone it is folded away. */

import { byId } from "../dom.js";
import { path } from "../ask.js";
import { Tree } from "../tree.js";
import { complain } from "../ui/send.js";

const root = byId("tree");
const on = new URLSearchParams(location.search).get("on");
const open = (code) => location.assign(`/divisions/${path(code)}${on ? `?on=${encodeURIComponent(on)}` : ""}`);
if (window.innerWidth < 1024) byId("tree-panel").open = false;
if (window.innerWidth < 768) byId("more").open = false;
for (const field of byId("more").querySelectorAll("select, input")) field.addEventListener("change", () => { if (window.innerWidth >= 768) field.form.requestSubmit(); });
const tree = new Tree(root, { onselect: open, changed: () => false });
tree.show(root.dataset.date, null).then(() => { if (root.dataset.chosen) tree.mark(root.dataset.chosen); }).catch(complain);

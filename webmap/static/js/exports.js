/* The form of an export: the fields that can be chosen are those of the layer. */

const layer = document.querySelector("select[name=layer]");

function follow() {
  for (const each of document.querySelectorAll("fieldset[data-layer]")) each.hidden = each.disabled = each.dataset.layer !== layer.value;
}

layer?.addEventListener("change", follow);
if (layer) follow();

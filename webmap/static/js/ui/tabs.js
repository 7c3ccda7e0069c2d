/* Tabs inside a page (role=tablist with data-tabs): arrows move, the panel is named by aria-controls. */

export function tabs(root) {
  /* On a phone the row of tabs scrolls: the one we are on is in sight. */
  root.querySelector("nav.tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  for (const list of root.querySelectorAll("[role=tablist][data-tabs]")) {
    const all = [...list.querySelectorAll("[role=tab]")];
    const choose = (chosen) => {
      for (const tab of all) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        const panel = document.getElementById(tab.getAttribute("aria-controls"));
        if (panel) panel.hidden = !on;
      }
      list.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: chosen.id }));
    };
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) choose(tab);
    });
    list.addEventListener("keydown", (event) => {
      const at = all.indexOf(document.activeElement);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (at < 0 || next === undefined) return;
      event.preventDefault();
      const tab = all[(next + all.length) % all.length];
      choose(tab);
      tab.focus();
    });
    choose(all.find((tab) => tab.getAttribute("aria-selected") === "true") ?? all[0]);
  }
}

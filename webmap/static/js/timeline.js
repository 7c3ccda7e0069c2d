/* The date slider: valid time, a tick at every date on which something changed, and what it rests on.
   One slider (WAI-ARIA): arrows go from change to change, Page keys a year, Home and End to the ends. */

import { element, fill } from "./dom.js";
import { say } from "./words.js";

const DAY = 86400000;
const stamp = (date) => Date.parse(`${(date + "-01-01").slice(0, 10)}T00:00:00Z`);
const iso = (time) => new Date(time).toISOString().slice(0, 10);

export class Timeline {
  /* `onpick(date)`: any day. `words(change date)`: what is said of the change. */
  constructor(box, { onpick, words }) {
    Object.assign(this, { box, onpick, words, dates: [] });
    this.thumb = element("div", { class: "timeline-thumb", role: "slider", tabindex: "0", "aria-label": say("Date"), onkeydown: (event) => this.keyed(event) });
    this.ticks = element("div", { class: "timeline-ticks", "aria-hidden": "true" });
    this.track = element("div", { class: "timeline-track" }, this.ticks, this.thumb);
    this.said = element("p", { class: "timeline-said" });
    fill(box, this.track, this.said);
    this.track.addEventListener("pointerdown", (event) => this.dragged(event));
  }

  show(dates, day) {
    this.dates = dates;
    this.box.hidden = !dates.length;
    if (!dates.length) return;
    const first = stamp(dates[0]), last = Math.max(stamp(dates.at(-1)), Date.now());
    const margin = Math.max((last - first) * 0.04, 30 * DAY);
    Object.assign(this, { from: first, until: last + margin });
    fill(this.ticks, ...dates.map((date) => {
      const tick = element("span", { class: "timeline-tick" }, element("span", {}, date));
      tick.style.left = `${this.share(stamp(date)) * 100}%`;
      return tick;
    }));
    this.set(day);
  }

  share(time) { return Math.min(Math.max((time - this.from) / (this.until - this.from), 0), 1); }
  at(day) { return this.dates.filter((date) => date.slice(0, 10) <= day).at(-1) ?? this.dates[0]; }

  set(day) {
    this.day = day;
    const change = this.at(day);
    const words = this.words(change);
    this.thumb.style.left = `${this.share(stamp(day)) * 100}%`;
    this.thumb.setAttribute("aria-valuemin", String(Math.round(this.from / DAY)));
    this.thumb.setAttribute("aria-valuemax", String(Math.round(this.until / DAY)));
    this.thumb.setAttribute("aria-valuenow", String(Math.round(stamp(day) / DAY)));
    this.thumb.setAttribute("aria-valuetext", `${day}${words ? `. ${words}` : ""}`);
    this.thumb.dataset.day = day;
    const since = day === change ? "" : say("state since {date}", { date: change });
    fill(this.said, element("strong", { class: "figures" }, day), since ? ` ${since}` : "", words ? element("span", { title: words }, ` · ${words}`) : "");
    [...this.ticks.children].forEach((tick, index) => tick.classList.toggle("here", this.dates[index] === change));
  }

  pick(time) {
    const day = iso(Math.min(Math.max(time, this.from), Math.max(this.until, this.from)));
    if (day === this.day) return;
    this.set(day);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.onpick(day), 120);
  }

  keyed(event) {
    const here = stamp(this.day), index = this.dates.indexOf(this.at(this.day));
    const year = (step) => { const date = new Date(here); date.setUTCFullYear(date.getUTCFullYear() + step); return date.getTime(); };
    const exact = stamp(this.dates[index]) === here;
    const next = {
      ArrowLeft: () => stamp(this.dates[exact ? Math.max(index - 1, 0) : index]),
      ArrowDown: () => stamp(this.dates[exact ? Math.max(index - 1, 0) : index]),
      ArrowRight: () => stamp(this.dates[Math.min(index + 1, this.dates.length - 1)]),
      ArrowUp: () => stamp(this.dates[Math.min(index + 1, this.dates.length - 1)]),
      PageUp: () => year(1), PageDown: () => year(-1),
      Home: () => this.from, End: () => stamp(this.dates.at(-1)),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    this.pick(next());
  }

  dragged(event) {
    event.preventDefault();
    this.thumb.focus();
    const move = ({ clientX }) => {
      const { left, width } = this.track.getBoundingClientRect();
      const time = this.from + ((clientX - left) / width) * (this.until - this.from);
      const near = this.dates.map(stamp).find((date) => Math.abs(this.share(date) - this.share(time)) * width < 7);
      this.pick(near ?? time);
    };
    move(event);
    const stop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", stop); removeEventListener("pointercancel", stop); };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  }
}

/* The bases of the versions that came into force on a date, in one line. */
export function citedWords(edition, date) {
  const item = edition.dates.find((one) => one.date === date);
  const texts = (item?.cited ?? []).flatMap((version) => [version.basis, version.title]).filter(Boolean);
  return [...new Set(texts)].join("；");
}

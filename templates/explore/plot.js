// The drawing on the page, with its cursor and tooltip.

import { axis, boxOf, HEIGHT, moved, plain, slotAt, stack, steps, ticks } from "./chart.js";
import { slotName } from "./days.js";
import { byId, el, named, svg, swatch } from "./dom.js";
import { fill } from "./numbers.js";

const PATTERN = "explore-hatch";

const hatch = () =>
  svg("defs", {},
    svg("pattern", { id: PATTERN, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("path", { class: "hatch", d: "M0 0v6" })));

// The whole picture for a width. `view` has layers, slots, unit, before (or null) and peak.
const picture = (view, width, words) => {
  const values = axis(view.peak);
  // Half a response is no line.
  const marks = values.filter((value) => !view.whole || value % 1 === 0).map((value) => [value, plain(view.tell(value))]);
  const left = Math.max(...marks.map(([, text]) => text.length)) * 7 + 8;
  const box = boxOf(width, left, view.slots.length, values.at(-1));
  const paths = stack(view.layers, box);
  const line = (y, name) => svg("path", { class: name, d: `M${left} ${y}H${width}` });
  const labels = marks.map(([value, text]) => {
    const y = box.base - value * box.scale;
    return [line(y, "rule"), svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, text)];
  });
  const times = ticks(view.slots, view.unit, box, words).map(([x, text], index) =>
    svg("text", { x: Math.round(x), y: HEIGHT - 6, "text-anchor": index || box.step > 60 ? "middle" : "start" }, text));
  const root = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, direction: "ltr", "aria-hidden": "true" },
    hatch(), labels,
    svg("rect", { class: "place", y: 0, height: box.base, width: box.step, x: left, visibility: "hidden" }),
    paths.map(({ path, hatched }, index) => [
      svg("path", { class: "f-" + view.layers[index].color, d: path }),
      hatched ? svg("path", { fill: `url(#${PATTERN})`, d: hatched }) : "",
    ]),
    // A line in the colour of the background keeps the other one apart from the bars.
    view.before ? ["halo", "before"].map((name) => svg("path", { class: "explore-" + name, d: steps(view.before, box) })) : "",
    line(box.base, "base"), times);
  return { root, box };
};

const lineOf = (color, name, value) => el("tr", {}, el("th", { scope: "row" }, color ? swatch(color) : "", named(name)), el("td", {}, value));

// Draws views; keeps the place of the cursor, the focus and the width of the page.
export const plot = (words) => {
  const frame = byId("plot");
  const tip = byId("tip");
  let view = null;
  let box = null;
  let slot = null;
  // A click holds the tooltip where it is.
  let held = false;

  const parts = (at) => view.layers.map((layer) => [layer, layer.drawn[at]]).filter(([, value]) => value > 0).reverse();
  const spoken = (at) => {
    const names = parts(at).map(([layer, value]) => `${layer.name} ${view.tell(value)}`);
    return [`${slotName(view.slots[at], view.unit, words)}: ${view.tell(view.sums[at])}`, ...names].join(", ");
  };
  const hide = () => {
    tip.hidden = true;
    held = false;
    frame.querySelector(".place")?.setAttribute("visibility", "hidden");
  };
  const show = (at) => {
    slot = at;
    frame.setAttribute("aria-valuenow", at + 1);
    frame.setAttribute("aria-valuetext", spoken(at));
    const cursor = frame.querySelector(".place");
    cursor.setAttribute("x", box.left + at * box.step);
    cursor.setAttribute("visibility", "visible");
    const rows = parts(at).map(([layer, value]) => lineOf(layer.color, layer.name, view.tell(value)));
    if (view.layers.length > 1) rows.push(lineOf(null, words.total, view.tell(view.sums[at])));
    if (view.before) rows.push(lineOf(null, words.before, view.tell(view.before[at])));
    tip.replaceChildren(
      el("p", {}, slotName(view.slots[at], view.unit, words)),
      el("table", { role: "presentation" }, el("tbody", {}, rows)));
    tip.hidden = false;
    // Above the slot and in touch with it, so that the pointer can go up into it.
    const wanted = box.left + (at + 0.5) * box.step - tip.offsetWidth / 2;
    tip.style.left = Math.max(0, Math.min(box.width - tip.offsetWidth, wanted)) + "px";
  };
  const at = (event) => slotAt(event.clientX - frame.getBoundingClientRect().left, box);
  frame.addEventListener("pointermove", (event) => held || show(at(event)));
  frame.addEventListener("pointerdown", (event) => {
    held = !held || at(event) !== slot;
    show(at(event));
  });
  frame.parentElement.addEventListener("pointerleave", () => held || hide());
  frame.addEventListener("blur", hide);
  frame.addEventListener("focus", () => frame.matches(":focus-visible") && show(slot ?? view.slots.length - 1));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  frame.addEventListener("keydown", (event) => {
    const to = moved(event.key, slot ?? view.slots.length, view.slots.length, view.unit === "day" ? 7 : 4);
    if (to === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    held = false;
    show(to);
  });

  const draw = () => {
    const width = Math.floor(frame.clientWidth);
    if (!view || !width) return;
    const made = picture(view, width, words);
    box = made.box;
    frame.replaceChildren(made.root);
    if (slot !== null) slot = Math.min(slot, view.slots.length - 1);
    hide();
    const place = slot ?? view.slots.length - 1;
    frame.setAttribute("aria-valuemax", view.slots.length);
    frame.setAttribute("aria-valuenow", place + 1);
    frame.setAttribute("aria-valuetext", spoken(place));
  };
  let width = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth !== width) draw();
    width = frame.clientWidth;
  }).observe(frame);
  return (next) => {
    if (view?.slots.length !== next.slots.length) slot = null;
    view = next;
    draw();
  };
};

// Which colour is what, and what the line is.
export const legend = (view, words) => {
  const list = view.layers.map(({ color, name }) => el("li", {}, swatch(color), named(name)));
  if (view.hatched) list.push(el("li", {}, words.hatched));
  if (view.before) {
    const line = svg("svg", { class: "mark", viewBox: "0 0 16 16", width: 16, height: 12, "aria-hidden": "true" }, svg("path", { class: "explore-before", d: "M0 8H16" }));
    list.push(el("li", {}, line, fill(words["before-range"], { range: view.beforeRange })));
  }
  return list;
};

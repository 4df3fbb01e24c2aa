// The drawing: stacked bars of at most six names and the rest, with the stretch compared with as a line.

import { monthName, partsOf, shortDate } from "./days.js";

export const HEIGHT = 272;
const TOP = 18;
const BOTTOM = 24;
// Ends of an axis as multiples of ten to some power, and into how many parts each is divided: as on the other pages.
const TOPS = [[10, 5], [12, 4], [15, 3], [20, 4], [25, 5], [30, 3], [40, 4], [50, 5], [60, 3], [80, 4], [100, 5]];

// The values of an axis from its first line to its end, the shortest that holds a value.
export const axis = (peak) => {
  const unit = 10 ** (Math.floor(Math.log10(peak > 0 ? peak : 1)) - 1);
  // A division leaves a trace that must not lead to the next step.
  const [top, parts] = TOPS.find(([top]) => top >= peak / unit - 1e-9) ?? [10, 5];
  return Array.from({ length: parts }, (_, line) => Number((((line + 1) * top * unit) / parts).toPrecision(3)));
};

// `1.50M` as `1.5M`, `$4.00` as `$4`: cents have two digits or none.
export const plain = (text) =>
  text.replace(/\.(\d*?)0*(\D*)$/, (all, part, unit) => (!part ? unit : text[0] === "$" ? all : `.${part}${unit}`));

const tenth = (number) => Math.round(number * 10) / 10;

// Where slots lie between the axis and the right edge.
export const boxOf = (width, left, count, peak) => {
  const step = (width - left) / count;
  const gap = step < 4 ? step * 0.1 : Math.min(step * 0.22, 14);
  const height = HEIGHT - TOP - BOTTOM;
  return { width, left, step, gap, base: HEIGHT - BOTTOM, scale: height / peak, count };
};

// One path per layer, the first at the bottom, and one of what is not exact in it.
export const stack = (layers, box) => {
  const level = new Float64Array(box.count);
  return layers.map(({ drawn, inexact }) => {
    let path = "";
    let hatched = "";
    for (let slot = 0; slot < box.count; slot++) {
      if (!(drawn[slot] > 0)) continue;
      // What is there is seen, however small beside the rest.
      const size = Math.max(drawn[slot] * box.scale, level[slot] ? 0 : 1);
      // A thin line of the background between one name and the next, where there is room.
      const space = size > 3 && level[slot] > 0 ? 1 : 0;
      const x = tenth(box.left + slot * box.step + box.gap / 2);
      const wide = tenth(box.step - box.gap);
      const low = box.base - level[slot] - space;
      level[slot] += size;
      const high = box.base - level[slot];
      const bar = (bottom) => `M${x} ${tenth(bottom)}h${wide}V${tenth(high)}h${-wide}z`;
      path += bar(low);
      const part = Math.min(1, inexact[slot] / drawn[slot]);
      if (part) hatched += bar(high + (low - high) * part);
    }
    return { path, hatched };
  });
};

// The stretch compared with: a step per slot.
export const steps = (values, box) => {
  let path = "";
  for (let slot = 0; slot < box.count; slot++) {
    const y = tenth(box.base - values[slot] * box.scale);
    path += `${slot ? "L" : "M"}${tenth(box.left + slot * box.step)} ${y}H${tenth(box.left + (slot + 1) * box.step)}`;
  }
  return path;
};

// Labels of the time axis: as many as there is room for, each as (x, text).
export const ticks = (slots, unit, box, words) => {
  const isLong = unit === "month" || (unit === "week" && partsOf(slots[0].from).year !== partsOf(slots.at(-1).to).year);
  const text = ({ from }) => (isLong ? monthName(from, words, words.short) : shortDate(from, words));
  const every = Math.max(1, Math.ceil(84 / box.step));
  const labels = [];
  for (let slot = 0; slot < slots.length; slot += every) {
    const x = box.left + (slot + 0.5) * box.step;
    if (x + 34 < box.width || slot === 0) labels.push([Math.max(x, box.left + (every > 1 ? 0 : 20)), text(slots[slot])]);
  }
  return labels;
};

export const slotAt = (x, box) => Math.max(0, Math.min(box.count - 1, Math.floor((x - box.left) / box.step)));

// Where a key leads from a slot; null for other keys.
export const moved = (key, slot, count, page) => {
  const to = {
    ArrowLeft: slot - 1, ArrowDown: slot - 1, ArrowRight: slot + 1, ArrowUp: slot + 1,
    PageUp: slot + page, PageDown: slot - page, Home: 0, End: count - 1,
  }[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
};

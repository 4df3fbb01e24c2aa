// Words, numbers and tables of a selection.

import { range, slotsOf, unitOf } from "./days.js";
import { byId, el, named, swatch } from "./dom.js";
import { change, decimal, dollars, fill, grouped, percent, short } from "./numbers.js";
import { add, amount, colors, fold, gather, masks, nothing, RATIO, ranked, valueOf } from "./rows.js";
import { earlier } from "./state.js";

// Names with a colour of their own, and rows of the table.
const COLORED = 6;
const ROWS = 200;

// Everything that is shown of a state, as numbers.
export const select = (tables, state, names, first) => {
  const unit = unitOf(state.from, state.to, state.unit);
  const grid = slotsOf(state.from, state.to, unit);
  const count = grid.slots.length;
  const chosen = masks(state, names);
  const groups = ranked(gather(tables, state, chosen, grid), state.measure);
  const stretch = earlier(state);
  // Before the first day of use there is nothing to compare with.
  const before = stretch && stretch.to >= first ? gather(tables, { ...state, ...stretch }, chosen, grid) : null;
  return { unit, grid, chosen, groups, stretch, before, all: fold(groups, count), then: before && fold(before, count) };
};

export const view = ({ names, words, units }, { measure, by }, { groups, grid, unit, stretch, all, then }) => {
  const ratio = measure === RATIO;
  const cost = measure === "cost";
  const { list } = names[by];
  const used = groups.filter(({ value }) => value > 0n);
  const top = used.slice(0, COLORED);
  const rest = used.slice(COLORED);
  const own = colors(top.map(({ key }) => key), (key) => list[key].slot);
  let layers = top.map((group) => ({ ...group, name: list[group.key].title, color: own.get(group.key) }));
  if (rest.length) layers.push({ ...fold(rest, grid.slots.length), name: others(rest, list, words), color: "other" });
  if (ratio) layers = [{ ...all, drawn: all.height, name: words[measure], color: "s0" }];
  const before = then?.height;
  const tell = (value) => {
    const millionths = BigInt(Math.round(value * 1e6));
    return ratio ? percent(millionths, 1000000n) : cost ? dollars(millionths * 1000000n) : short(millionths / 1000000n, units);
  };
  return {
    layers, slots: grid.slots, unit, sums: all.height, before, tell, whole: !cost && !ratio, hatched: all.inexact.some(Boolean),
    beforeRange: before && range(stretch.from, stretch.to, words),
    peak: ratio ? 1 : Math.max(...all.height, ...(before ?? [])),
  };
};

const others = (rest, list, words) =>
  rest.length === 1 ? list[rest[0].key].title : fill(words.others, { n: grouped(rest.length) });

// A sum in a measure: `≈` where not all of it is exact, `+` where something has no price.
const told = (sum, measure, words, form = grouped) => {
  const value = valueOf(sum, measure);
  if (measure === RATIO) return value === null ? "" : percent(value, 1000000n);
  if (value === null) return sum.unpriced ? words["no-price"] : "";
  const about = sum.inexact && measure !== "requests" ? "≈" : "";
  return about + (measure === "cost" ? dollars(value) + (sum.unpriced ? "+" : "") : form(value));
};

const changeOf = (sum, before, measure, words) => {
  const [now, then] = [sum, before ?? nothing()].map((one) => valueOf(one, measure) ?? (measure === "cost" && !one.tokens ? 0n : null));
  if (now === null || then === null) return "";
  if (measure !== RATIO) return change(now, then, words);
  // Tenths of a percent point.
  const tenths = ((now > then ? now - then : then - now) + 500n) / 1000n;
  return tenths ? `${now > then ? "▲" : "▼"} ${fill(words.points, { n: `${tenths / 10n}.${tenths % 10n}` })}` : words["change-none"];
};

const chip = (quality, words) => {
  const kind = [, "partial", "estimated"][quality];
  return kind ? el("span", { class: "chip " + kind }, words[kind]) : "";
};

// The rows of the table as texts: name, value, share, change.
export const lines = ({ names, words }, { measure, by }, { groups, all, before, then }, { layers }) => {
  const hasShare = measure !== RATIO;
  const colorOf = new Map(layers.map(({ key, color }) => [key, color]));
  const earlierOf = new Map((before ?? []).map((own) => [own.key, own.sum]));
  const whole = valueOf(all.sum, measure) ?? 0n;
  const line = (name, sum, earlier, color) => {
    const value = valueOf(sum, measure);
    const share = value === null || !whole ? "" : percent(value, whole);
    const cells = [told(sum, measure, words), hasShare && share, before && changeOf(sum, earlier, measure, words)];
    return { name, color, quality: sum.quality, cells: cells.filter((cell) => cell || cell === "") };
  };
  const list = groups.slice(0, ROWS).map(({ key, sum }) =>
    line(names[by].list[key].title, sum, earlierOf.get(key), colorOf.get(key) ?? (hasShare ? "other" : "")));
  const rest = groups.slice(ROWS);
  if (rest.length) {
    const total = (sumOf) => rest.reduce((sum, own) => add(sum, sumOf(own) ?? nothing()), nothing());
    list.push(line(others(rest, names[by].list, words), total(({ sum }) => sum), total(({ key }) => earlierOf.get(key)), "other"));
  }
  const head = [words[by], words[measure], hasShare && words.share, before && words.change].filter(Boolean);
  return { head, list, total: line(words.total, all.sum, then?.sum) };
};

export const showTable = ({ head, list, total }, words) => {
  byId("head").replaceChildren(el("tr", {}, head.map((text) => el("th", { scope: "col" }, text))));
  const row = ({ name, color, quality, cells }) =>
    el("tr", {},
      el("th", { scope: "row" }, color ? swatch(color) : "", named(name), " ", chip(quality, words)),
      cells.map((text) => el("td", {}, text)));
  byId("rows").replaceChildren(...list.map(row));
  byId("foot").replaceChildren(row(total));
};

// The four numbers on top.
export const showFacts = ({ words, units }, { all, then }) => {
  const { sum } = all;
  const cost = amount(sum);
  const facts = byId("facts");
  facts.dataset.totalTokens = sum.tokens;
  facts.dataset.totalCost = cost === null ? "" : decimal(cost);
  const unpriced = fill(words.unpriced, { share: percent(BigInt(sum.unpriced), BigInt(sum.tokens)) });
  const more = { tokens: grouped(sum.tokens), requests: sum.requests > 999 && grouped(sum.requests), cost: sum.unpriced && sum.priced && unpriced };
  for (const place of facts.querySelectorAll("[data-fact]")) {
    const { fact } = place.dataset;
    place.textContent = told(sum, fact, words, (value) => short(value, units)) || "–";
    const below = [more[fact], then && changeOf(sum, then.sum, fact, words)].filter(Boolean);
    if (fact === "tokens") below[0] = [below[0], " ", chip(sum.quality, words)];
    place.nextElementSibling.replaceChildren(...below.map((text) => el("div", {}, text)));
  }
};

// The result in one or two sentences, for the status line.
export const sentence = ({ words, units, first }, { from, to, by, measure }, { all, then, groups, stretch }, { beforeRange }) => {
  const count = groups.length;
  const value = fill(words["of-" + measure], { n: told(all.sum, measure, words, (value) => short(value, units)) });
  const names = fill(words[`n-${by}${count === 1 ? "-one" : ""}`], { n: grouped(count) });
  const said = [fill(words.result, { value, names, range: range(from, to, words) })];
  if (!stretch) return said[0];
  const how = then && changeOf(all.sum, then.sum, measure, words);
  if (how) said.push(fill(words.against, { change: how, range: beforeRange }));
  if (!then) said.push(words["nothing-earlier"]);
  else if (stretch.from < first) said.push(fill(words.began, { date: range(first, first, words) }));
  return said.join(" ");
};

// What is shown, and how it stands in the address.

import { iso, parseDay, partsOf } from "./days.js";

export const FILTERS = ["source", "model", "machine", "project"];
// Each begins with what is chosen at first; measures and kinds are told by the page, which may hide some.
const FIXED = { unit: ["auto", "day", "week", "month"], cmp: ["prev", "year", "none"] };
// Values of one filter that an address may have.
const MOST = 100;

// The state of an address. What it does not have, or has wrongly, is as it is at first. `span` has the stretches of
// the buttons, the choices, and in `bounds` the years of the data: no day lies outside them.
export const read = (search, span) => {
  const query = new URLSearchParams(search);
  const [low, high] = span.bounds;
  const days = ["from", "to"].map((key, index) => parseDay(query.get(key)) ?? span.presets["28d"][index]);
  const [from, to] = days.map((day) => Math.max(low, Math.min(high, day))).sort((one, other) => one - other);
  const state = { from, to };
  const choices = { ...span.choices, ...FIXED };
  for (const key in choices) {
    const wanted = query.get(key);
    state[key] = choices[key].includes(wanted) ? wanted : choices[key][0];
  }
  for (const key of FILTERS) {
    state[key] = choices.by.includes(key) ? [...new Set(query.getAll(key))].slice(0, MOST) : [];
  }
  return state;
};

// The address of a state; keys that are not ours stay.
export const write = (search, state, span) => {
  const query = new URLSearchParams(search);
  query.set("from", iso(state.from));
  query.set("to", iso(state.to));
  const choices = { ...span.choices, ...FIXED };
  for (const key in choices) {
    if (state[key] === choices[key][0]) query.delete(key);
    else query.set(key, state[key]);
  }
  for (const key of FILTERS) {
    query.delete(key);
    for (const value of state[key]) query.append(key, value);
  }
  return "?" + query;
};

// The stretch that a state is compared with: whole weeks earlier, so that weekdays stand against themselves.
export const earlier = ({ from, to, cmp }) => {
  if (cmp === "none") return null;
  const shift = cmp === "year" ? 364 : Math.ceil((to - from + 1) / 7) * 7;
  return { shift, from: from - shift, to: to - shift };
};

// Years of the days of a state, with those that it is compared with, as far as there is data.
export const yearsOf = (state, known) => {
  const before = earlier(state);
  const covers = (stretch, year) =>
    stretch && partsOf(stretch.from).year <= year && partsOf(stretch.to).year >= year;
  return known.filter((year) => covers(state, year) || covers(before, year));
};

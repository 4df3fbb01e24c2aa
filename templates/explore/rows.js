// Rows of the yearly files as columns of numbers, and sums of them.

import { dayOf } from "./days.js";
import { joined, split } from "./numbers.js";
import { FILTERS } from "./state.js";

// Names of one kind in the order of first use; what is not known yet goes to the end.
export const nameList = (entries) => {
  const list = entries.map(([id, title, slot]) => ({ id, title, slot }));
  const places = new Map(list.map(({ id }, place) => [id, place]));
  const place = (id) => {
    if (!places.has(id)) {
      places.set(id, list.length);
      list.push({ id, title: id.slice(0, 64), slot: list.length % 6 });
    }
    return places.get(id);
  };
  return { list, place };
};

// Columns of a year, by the names that they have here.
export const COLUMNS = {
  input: "inputTokens", output: "outputTokens", cacheWrite: "cacheCreationTokens", cacheRead: "cacheReadTokens",
  other: "otherTokens", requests: "requests", unpriced: "unpricedTokens", inexact: "inexactTokens",
};

// One year, ready to be added up. A file whose columns do not fit together is an error.
export const table = (shard, names) => {
  const { columns, dictionaries } = shard;
  const length = columns.day.length;
  const own = { quality: Uint8Array.from(columns.quality) };
  const lists = { source: "providers", model: "models", machine: "machines", project: "projects" };
  for (const key of FILTERS) {
    const places = dictionaries[lists[key]].map(names[key].place);
    own[key] = Int32Array.from(columns[key === "source" ? "provider" : key], (index) => places[index] ?? NaN);
  }
  for (const key in COLUMNS) own[key] = Float64Array.from(columns[COLUMNS[key]] ?? new Array(length).fill(0));
  const start = dayOf(shard.year, 1, 1) - 1;
  own.day = Int32Array.from(columns.day, (day) => start + day);
  for (const key of ["tokens", "cost", "millionths", "rest"]) own[key] = new Float64Array(length);
  own.priced = new Uint8Array(length);
  columns.costUSD.forEach((text, row) => {
    if (text === null) return;
    own.priced[row] = 1;
    [own.millionths[row], own.rest[row]] = split(text);
    own.cost[row] = own.millionths[row] / 1e6 + own.rest[row] / 1e12;
  });
  for (let row = 0; row < length; row++) {
    own.tokens[row] = own.input[row] + own.output[row] + own.cacheWrite[row] + own.cacheRead[row] + own.other[row];
  }
  if (Object.values(own).some((column) => column.length !== length)) throw new Error("columns of unequal length");
  return own;
};

// Of each kind, which names are chosen: all where none is.
export const masks = (state, names) =>
  FILTERS.map((key) => {
    const chosen = state[key].map(names[key].place);
    const mask = new Uint8Array(names[key].list.length).fill(chosen.length ? 0 : 1);
    for (const place of chosen) mask[place] = 1;
    return mask;
  });

// Visits every row of a stretch of days whose names are chosen.
export const each = (tables, { from, to }, [sources, models, machines, projects], visit) => {
  for (const one of tables) {
    const { day, source, model, machine, project } = one;
    for (let row = 0; row < day.length; row++) {
      if (
        day[row] >= from && day[row] <= to && sources[source[row]] && models[model[row]] &&
        machines[machine[row]] && projects[project[row]]
      ) visit(one, row);
    }
  }
};

export const RATIO = "cacheRatio";
const SLOTS = ["drawn", "base", "inexact"];
const ADDED = ["tokens", ...Object.keys(COLUMNS), "millionths", "rest", "priced"];

export const nothing = () => {
  const sum = { quality: 0 };
  for (const key of ADDED) sum[key] = 0;
  return sum;
};

// Adds a row of columns to a sum, or another sum.
export const add = (sum, more, row) => {
  const of = (key) => (row === undefined ? more[key] : more[key][row]);
  for (const key of ADDED) sum[key] += of(key);
  sum.quality = Math.max(sum.quality, of("quality"));
  return sum;
};

// The amount of a sum, exact; null where nothing of it has a price.
export const amount = (sum) => (sum.priced ? joined(sum.millionths, sum.rest) : null);

// What a sum counts in a measure, as BigInt; null where that is not known. A ratio is in millionths.
export const valueOf = (sum, measure) => {
  if (measure === "cost") {
    const cost = amount(sum);
    return cost === 0n && sum.unpriced ? null : cost;
  }
  if (measure !== RATIO) return BigInt(sum[measure]);
  const base = sum.cacheRead + sum.cacheWrite + sum.input;
  return base ? (BigInt(sum.cacheRead) * 1000000n) / BigInt(base) : null;
};

const emptyGroup = (key, count) => {
  const own = { key, sum: nothing() };
  // Per slot: what is drawn, what it is a part of, and how much of it is not exact.
  for (const kind of SLOTS) own[kind] = new Float64Array(count);
  return own;
};

// Sums by name in one pass over the rows.
export const gather = (tables, state, chosen, { place, slots }) => {
  const groups = new Map();
  const ratio = state.measure === RATIO;
  each(tables, state, chosen, (one, row) => {
    const key = one[state.by][row];
    let own = groups.get(key);
    if (!own) groups.set(key, (own = emptyGroup(key, slots.length)));
    add(own.sum, one, row);
    const slot = place[one.day[row] - state.from];
    own.drawn[slot] += one[ratio ? "cacheRead" : state.measure][row];
    if (ratio) own.base[slot] += one.cacheRead[row] + one.cacheWrite[row] + one.input[row];
    if (state.measure === "tokens") own.inexact[slot] += one.inexact[row];
  });
  return [...groups.values()];
};

// Several groups as one.
export const fold = (groups, count) => {
  const all = emptyGroup(-1, count);
  for (const own of groups) {
    add(all.sum, own.sum);
    for (const kind of SLOTS) for (let slot = 0; slot < count; slot++) all[kind][slot] += own[kind][slot];
  }
  // A ratio is one of sums, not a sum of ratios.
  all.height = all.drawn.map((value, slot) => (all.base[slot] ? value / all.base[slot] : value));
  return all;
};

// The largest first; what has no value last; then by first use.
export const ranked = (groups, measure) =>
  groups
    .map((own) => ({ ...own, value: valueOf(own.sum, measure) }))
    .sort((one, other) => {
      const [left, right] = [one.value ?? -1n, other.value ?? -1n];
      return left === right ? one.key - other.key : left < right ? 1 : -1;
    });

// Colours of at most six groups, each its own: where two prefer the same, the one that was there first has it.
export const colors = (keys, slotOf) => {
  const taken = new Map();
  const late = [];
  for (const key of [...keys].sort((one, other) => one - other)) {
    const slot = slotOf(key);
    if (taken.has(slot)) late.push(key);
    else taken.set(slot, key);
  }
  for (const key of late) {
    let slot = 0;
    while (taken.has(slot)) slot++;
    taken.set(slot, key);
  }
  return new Map([...taken].map(([slot, key]) => [key, "s" + slot]));
};

// The selection as rows of slot and name, for files.
export const details = (tables, state, chosen, { place, slots }, nameOf) => {
  const cells = new Map();
  each(tables, state, chosen, (one, row) => {
    const slot = place[one.day[row] - state.from];
    const key = slot + "/" + one[state.by][row];
    if (!cells.has(key)) cells.set(key, { slot, key: one[state.by][row], sum: nothing() });
    add(cells.get(key).sum, one, row);
  });
  const rows = [...cells.values()].sort((one, other) => one.slot - other.slot || one.key - other.key);
  return rows.map(({ slot, key, sum }) => ({ ...slots[slot], name: nameOf(key), sum }));
};

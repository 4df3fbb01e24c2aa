// Days as whole numbers since 1 January 1970, without time zones, and how people read them: the forms of
// `site/src/locale/dates.rs`.

import { fill } from "./numbers.js";

const LENGTH = 86400000;

export const dayOf = (year, month, day) => Date.UTC(year, month - 1, day) / LENGTH;

export const partsOf = (day) => {
  const date = new Date(day * LENGTH);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};

export const iso = (day) => new Date(day * LENGTH).toISOString().slice(0, 10);

// The day of `2026-05-01`; null of anything else, as of 30 February.
export const parseDay = (text) => {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? "");
  const day = found ? dayOf(+found[1], +found[2], +found[3]) : NaN;
  return found && iso(day) === text ? day : null;
};

export const monday = (day) => day - ((((day + 3) % 7) + 7) % 7);

const monthStart = (day) => day + 1 - partsOf(day).day;

// The unit that is wanted or suits a stretch, and never one that makes more bars than a drawing can hold.
export const unitOf = (from, to, wanted) => {
  const fits = { day: wanted === "day" ? 1100 : 120, week: wanted === "auto" ? 1100 : 7000, month: Infinity };
  const units = Object.keys(fits);
  return units.slice(Math.max(0, units.indexOf(wanted))).find((unit) => to - from < fits[unit]);
};

// All slots that a stretch touches, clipped to it, with those without use; and of each day, the number of its slot.
export const slotsOf = (from, to, unit) => {
  const start = { day: (day) => day, week: monday, month: monthStart }[unit];
  const slots = [];
  const place = new Int32Array(Math.max(0, to - from + 1));
  let known = null;
  for (let day = from; day <= to; day++) {
    const own = start(day);
    if (own !== known) slots.push({ from: day, to: day });
    known = own;
    slots.at(-1).to = day;
    place[day - from] = slots.length - 1;
  }
  return { slots, place };
};

const as = (key, day, words) => {
  const parts = partsOf(day);
  return fill(words[key], {
    day: parts.day, month: words.short[parts.month - 1], number: parts.month, year: parts.year,
  });
};

export const date = (day, words) => as("date", day, words);
export const shortDate = (day, words) => as("date-short", day, words);

export const monthName = (day, words, names = words.long) => {
  const { year, month } = partsOf(day);
  return fill(words["month-of-year"], { month: names[month - 1], year });
};

export const range = (from, to, words) => {
  if (from === to) return date(to, words);
  const one = partsOf(from);
  const other = partsOf(to);
  const inYear = one.year === other.year;
  const key = !inYear ? "date" : one.month === other.month ? "date-day" : "date-short";
  return fill(words[inYear ? "date-range" : "date-range-years"], {
    from: as(key, from, words), to: date(to, words), fromLong: date(from, words), toShort: shortDate(to, words),
  });
};

// A slot's name: its day, its days, or its month where it is whole.
export const slotName = (slot, unit, words) => {
  const whole = unit === "month" && partsOf(slot.from).day === 1 && partsOf(slot.to + 1).day === 1;
  return whole ? monthName(slot.from, words) : range(slot.from, slot.to, words);
};

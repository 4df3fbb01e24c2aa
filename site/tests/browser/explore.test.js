// Tests of the pure parts of `templates/explore/`. They run in a browser: `explore.html` beside this file, served
// from the root of the repository. When done, `window.__results` is `{ passed, failed }`.

import { axis, boxOf, moved, plain, slotAt, stack, steps, ticks } from "../../../templates/explore/chart.js";
import * as days from "../../../templates/explore/days.js";
import * as numbers from "../../../templates/explore/numbers.js";
import * as rows from "../../../templates/explore/rows.js";
import { earlier, read, write, yearsOf } from "../../../templates/explore/state.js";
import * as text from "../../../templates/explore/text.js";

const root = new URL("../../../templates/", import.meta.url);
const at = days.parseDay;

const same = (found, expected, about = "") => {
  const plain = (value) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? part + "n" : part instanceof Float64Array ? [...part] : part));
  if (plain(found) !== plain(expected)) throw new Error(`${about} ${plain(found)} is not ${plain(expected)}`);
};

const fails = (run, about) => {
  try {
    run();
  } catch {
    return;
  }
  throw new Error(about);
};

// The one-line texts of a message file, with places as the module gets them.
const messages = (ftl) => {
  const texts = {};
  for (const [, key, value] of ftl.matchAll(/^([\w-]+) = (.*)$/gm)) texts[key] = value.replace(/\{ \$(\w+) \}/g, "{$1}");
  const months = (stem) => Array.from({ length: 12 }, (_, month) => texts[stem + (month + 1)]);
  return { ...texts, long: months("month-"), short: months("month-short-") };
};

const names = () => ({
  source: rows.nameList([["codex", "Codex CLI", 1], ["claude-code", "Claude Code", 0]]),
  model: rows.nameList([["b", "b", 0], ["a", "a", 1]]),
  machine: rows.nameList([["laptop", "laptop", 0]]),
  project: rows.nameList([["", "no project", 0]]),
  quality: rows.nameList([["exact", "exact", 2], ["partial", "partial", 4], ["estimated", "estimated", 1]]),
});

const shard = () => ({
  version: "2.0", year: 2026,
  dictionaries: { providers: ["claude-code", "codex"], models: ["a", "b", "new"], machines: ["laptop"], projects: [""] },
  columns: {
    day: [1, 1, 2, 365], provider: [0, 1, 0, 1], model: [0, 1, 0, 2], machine: [0, 0, 0, 0], project: [0, 0, 0, 0],
    inputTokens: [10, 20, 30, 40], outputTokens: [1, 2, 3, 4], cacheCreationTokens: [5, 5, 5, 5],
    cacheReadTokens: [85, 0, 65, 0], reasoningTokens: [1, 1, 1, 1], otherTokens: [0, 0, 0, 7], requests: [1, 2, 3, 4],
    costUSD: ["0.1", "0.2", "0.000000000001", null], unpricedTokens: [0, 0, 0, 56], quality: [0, 2, 0, 1], inexactTokens: [0, 27, 0, 6],
  },
});

const span = {
  bounds: [at("2024-01-01"), at("2026-12-31")],
  choices: { by: ["source", "model", "machine", "project", "quality"], measure: ["tokens", "cost", "requests"] },
  presets: { "28d": [at("2026-10-24"), at("2026-11-20")] },
};

const year = { from: at("2026-01-01"), to: at("2026-12-31"), by: "source", measure: "tokens", unit: "month", cmp: "none", source: [], model: [], machine: [], project: [] };

const selected = (state) => {
  const all = names();
  const tables = [rows.table(shard(), all)];
  const grid = days.slotsOf(state.from, state.to, state.unit);
  return { all, tables, grid, groups: rows.ranked(rows.gather(tables, state, rows.masks(state, all), grid), state.measure) };
};

const tests = {
  "numbers have the forms of the shared table": ({ cases, words }) => {
    for (const [tag, count, expected] of cases.tokens) same(numbers.short(BigInt(count), cases.units[tag]), expected, count);
    for (const [count, expected] of cases.grouped) same(numbers.grouped(BigInt(count)), expected);
    for (const [part, whole, expected] of cases.percent) same(numbers.percent(BigInt(part), BigInt(whole)), expected, part);
    for (const [now, before, expected] of cases.change) same(numbers.change(BigInt(now), BigInt(before), words), expected, now);
  },
  "amounts have the forms of the shared table and lose nothing": ({ cases }) => {
    const picos = (decimal) => numbers.joined(...numbers.split(decimal));
    for (const [amount, expected] of cases.dollars) same(numbers.dollars(picos(amount)), expected, amount);
    for (const amount of cases.decimals) same(numbers.decimal(picos(amount)), amount);
  },
  "days have the forms of the shared table": ({ cases, words }) => {
    for (const [day, date, short, month] of cases.days) {
      same([days.date(at(day), words), days.shortDate(at(day), words), days.monthName(at(day), words)], [date, short, month]);
    }
    for (const [from, to, expected] of cases.ranges) same(days.range(at(from), at(to), words), expected);
    for (const [day, monday] of cases.mondays) same(days.iso(days.monday(at(day))), monday);
  },
  "what is not a day is none": () => {
    for (const wrong of ["2026-02-30", "2026-13-01", "26-01-01", "2026-1-1", "", null, undefined, "2026-01-01x"]) same(at(wrong), null, wrong);
  },
  "a part that looks like a place stays as it is": () => {
    same(numbers.fill("{a} and {b}", { a: "{b}", b: "x" }), "{b} and x");
    same(numbers.fill("{unknown}", {}), "{unknown}");
  },
  "slots cover every day once, with those without use": () => {
    const [from, to] = [at("2026-02-26"), at("2026-03-09")];
    for (const [unit, count] of [["day", 12], ["week", 3], ["month", 2]]) {
      const { slots, place } = days.slotsOf(from, to, unit);
      same(slots.length, count, unit);
      same([slots[0].from, slots.at(-1).to, place.length], [from, to, 12]);
      same(slots.reduce((sum, slot) => sum + slot.to - slot.from + 1, 0), 12);
    }
  },
  "the unit suits the stretch and never makes too many bars": () => {
    const unit = (length, wanted) => days.unitOf(0, length, wanted);
    same([unit(119, "auto"), unit(120, "auto"), unit(1099, "auto"), unit(1100, "auto")], ["day", "week", "week", "month"]);
    same([unit(400, "day"), unit(1100, "day"), unit(9000, "day"), unit(1, "month"), unit(3, "week")], ["day", "week", "month", "month", "week"]);
  },
  "a slot is told by its days, or by its month where it is whole": ({ words }) => {
    same(days.slotName({ from: at("2026-05-01"), to: at("2026-05-31") }, "month", words), "May 2026");
    same(days.slotName({ from: at("2026-05-03"), to: at("2026-05-31") }, "month", words), "3 to 31 May 2026");
    same(days.slotName({ from: at("2026-05-03"), to: at("2026-05-03") }, "day", words), "3 May 2026");
  },
  "an address gives a state and the state gives the address": () => {
    const search = "?x=1&from=2026-08-01&to=2026-10-31&by=model&measure=cost&unit=week&cmp=year&source=codex&machine=a%20b&machine=c%26d";
    const state = read(search, span);
    same([days.iso(state.from), days.iso(state.to), state.by, state.measure, state.unit, state.cmp], ["2026-08-01", "2026-10-31", "model", "cost", "week", "year"]);
    same([state.source, state.machine], [["codex"], ["a b", "c&d"]]);
    const again = write(search, state, span);
    same(read(again, span), state);
    same(new URLSearchParams(again).get("x"), "1");
    same(write("?y=2&source=gone", { ...state, source: [], by: "source" }, span).includes("source="), false);
  },
  "what an address has wrongly is as it is at first": () => {
    const state = read("?from=x&to=2026-99-99&by=evil&measure=__proto__&unit=&cmp=0", span);
    same(state, read("", span));
    same([days.iso(state.from), days.iso(state.to), state.by, state.cmp], ["2026-10-24", "2026-11-20", "source", "prev"]);
  },
  "days lie in the years of the data, the earlier one first": () => {
    const state = read("?from=9999-12-31&to=1900-01-01", span);
    same([days.iso(state.from), days.iso(state.to)], ["2024-01-01", "2026-12-31"]);
  },
  "what is hidden cannot be asked for": () => {
    const state = read("?by=project&measure=cost&project=x", { ...span, choices: { by: ["source", "model"], measure: ["tokens"] } });
    same([state.by, state.measure, state.project], ["source", "tokens", []]);
  },
  "the earlier stretch has the same weekdays": () => {
    for (const [length, shift] of [[1, 7], [7, 7], [28, 28], [30, 35], [365, 371]]) {
      same(earlier({ from: 100, to: 99 + length, cmp: "prev" }), { shift, from: 100 - shift, to: 99 + length - shift });
    }
    same(earlier({ from: 500, to: 510, cmp: "year" }).shift, 364);
    same(earlier({ from: 500, to: 510, cmp: "none" }), null);
  },
  "only years that are touched are loaded": () => {
    const known = [2023, 2024, 2025, 2026];
    const years = (from, to, cmp) => yearsOf({ from: at(from), to: at(to), cmp }, known);
    same(years("2026-02-01", "2026-02-28", "prev"), [2026]);
    same(years("2026-01-01", "2026-01-28", "prev"), [2025, 2026]);
    same(years("2026-01-01", "2026-12-31", "none"), [2026]);
    same(years("2024-06-01", "2025-06-30", "year"), [2023, 2024, 2025]);
  },
  "sums are exact, by name, and amounts without a price are not zero": () => {
    const { groups, all } = selected({ ...year });
    same(groups.map(({ key, value }) => [all.source.list[key].id, value]), [["claude-code", 204n], ["codex", 83n]]);
    const total = rows.fold(groups, 12);
    same([total.sum.tokens, total.sum.requests, total.sum.inexact, total.sum.quality], [287, 10, 33, 2]);
    same(numbers.decimal(rows.amount(total.sum)), "0.300000000001");
    same(total.drawn[0] + total.drawn[11], 287);
    const models = selected({ ...year, by: "model", measure: "cost" });
    same(models.groups.map(({ key, value }) => [models.all.model.list[key].id, value]), [["b", 200000000000n], ["a", 100000000001n], ["new", null]]);
  },
  "thousands of small amounts add up exactly": () => {
    const many = shard();
    const count = 5000;
    for (const key in many.columns) many.columns[key] = new Array(count).fill(many.columns[key][0]);
    many.columns.costUSD.fill("0.000000123457");
    const all = names();
    const sum = rows.fold(rows.gather([rows.table(many, all)], year, rows.masks(year, all), days.slotsOf(year.from, year.to, "month")), 12).sum;
    same(numbers.decimal(rows.amount(sum)), "0.000617285");
  },
  "filters of several kinds hold together, several names of one kind do not": () => {
    const total = (filter) => rows.fold(selected({ ...year, ...filter }).groups, 12).sum.tokens;
    same(total({ source: ["codex"] }), 83);
    same(total({ source: ["codex"], model: ["a"] }), 0);
    same(total({ model: ["a", "b"] }), 231);
    same(total({ model: ["never seen"] }), 0);
  },
  "days outside the stretch do not count": () => {
    same(rows.fold(selected({ ...year, from: at("2026-01-02"), to: at("2026-12-30"), unit: "day" }).groups, 363).sum.tokens, 103);
  },
  "a ratio is one of sums": () => {
    const { groups } = selected({ ...year, measure: "cacheRatio", by: "machine" });
    const { height, sum } = rows.fold(groups, 12);
    same(rows.valueOf(sum, "cacheRatio"), 555555n);
    same(Math.round(height[0] * 1e6), 666667);
  },
  "a file with columns of unequal length is refused": () => {
    const broken = shard();
    broken.columns.requests.pop();
    fails(() => rows.table(broken, names()), "was taken");
    fails(() => rows.table({}, names()), "was taken");
  },
  "a file of an earlier version has no inexact tokens": () => {
    const old = shard();
    delete old.columns.inexactTokens;
    same([...rows.table(old, names()).inexact], [0, 0, 0, 0]);
  },
  "colours are those of the other pages: the first one keeps its own": () => {
    const slots = [0, 1, 0, 3, 1];
    same([...rows.colors([4, 2, 1, 0], (key) => slots[key])].sort(), [[0, "s0"], [1, "s1"], [2, "s2"], [4, "s3"]]);
  },
  "axes have the lines of the other pages": () => {
    for (const [peak, lines] of [[0, [0.2, 0.4, 0.6, 0.8, 1]], [1, [0.2, 0.4, 0.6, 0.8, 1]], [1.1, [0.3, 0.6, 0.9, 1.2]], [110e6, [30e6, 60e6, 90e6, 120e6]], [9.1, [2, 4, 6, 8, 10]], [251, [100, 200, 300]], [0.07, [0.02, 0.04, 0.06, 0.08]], [NaN, [0.2, 0.4, 0.6, 0.8, 1]]]) same(axis(peak), lines, peak);
    for (const [long, short] of [["1.50M", "1.5M"], ["1.00B", "1B"], ["$4.00", "$4"], ["$2.50", "$2.50"], ["$0.04", "$0.04"], ["$20.00", "$20"], ["$1,200", "$1,200"], ["100", "100"], ["30.0M", "30M"], ["10%", "10%"], ["2.0%", "2%"], ["4,534万", "4,534万"], ["1.20亿", "1.2亿"]]) same(plain(long), short);
  },
  "bars stand on each other and what is not exact is marked": () => {
    const box = boxOf(140, 40, 2, 100);
    const [low, high] = stack([{ drawn: [50, 0], inexact: [25, 0] }, { drawn: [50, 100], inexact: [0, 0] }], box);
    same([low.path.match(/M/g).length, high.path.match(/M/g).length], [1, 2]);
    same(low.hatched.length > 0, true);
    same(high.hatched, "");
    const ends = [...high.path.matchAll(/V([\d.]+)/g)].map(([, y]) => +y);
    same(ends[0], ends[1]);
    same(steps([0, 100], box).startsWith(`M40 ${box.base}H`), true);
  },
  "labels of the time axis do not run into each other": ({ words }) => {
    for (const [unit, from, to, width] of [["day", "2026-08-01", "2026-10-31", 320], ["week", "2025-01-01", "2026-12-31", 900], ["month", "2020-01-01", "2026-12-31", 280]]) {
      const { slots } = days.slotsOf(at(from), at(to), unit);
      const labels = ticks(slots, unit, boxOf(width, 40, slots.length, 1), words);
      same(labels.length > 1, true, unit);
      labels.slice(1).forEach(([x], index) => same(x - labels[index][0] > 60, true, unit));
    }
  },
  "keys move the cursor and it stays inside": () => {
    same([moved("ArrowLeft", 0, 9, 7), moved("ArrowRight", 3, 9, 7), moved("PageUp", 3, 9, 7), moved("PageDown", 3, 9, 7)], [0, 4, 8, 0]);
    same([moved("Home", 3, 9, 7), moved("End", 3, 9, 7), moved("a", 3, 9, 7), moved("Tab", 3, 9, 7)], [0, 8, null, null]);
    const box = boxOf(140, 40, 10, 1);
    same([slotAt(-5, box), slotAt(45, box), slotAt(1e6, box)], [0, 0, 9]);
  },
  "Markdown takes hostile names as text": () => {
    same(text.markdownCell("a|b\n<img>*x*\u0000`"), "a\\|b \\<img\\>\\*x\\* \\`");
    const table = text.markdown("T", ["Source", "Tokens"], [["x | y", "1,234"]]);
    same(table, "**T**\n\n| Source | Tokens |\n|---|---:|\n| x \\| y | 1,234 |\n");
  },
  "CSV holds no formulas and keeps what is in a cell there": () => {
    same(["=1+1", "+1", "-x", "@a", " =1"].map(text.csvCell), ["'=1+1", "'+1", "'-x", "'@a", "' =1"]);
    same([text.csvCell('a"b,c'), text.csvCell("a\r\nb"), text.csvCell(-3), text.csvCell(null)], ['"a""b,c"', "a b", "-3", ""]);
  },
  "what is taken away adds up to what is shown, with exact amounts": () => {
    const { all, tables, grid } = selected(year);
    const found = rows.details(tables, year, rows.masks(year, all), grid, (key) => all.source.list[key].id);
    const list = text.records(found, "source", true);
    same(list.map(({ from, source, totalTokens, costUSD }) => [from, source, totalTokens, costUSD]), [
      ["2026-01-01", "codex", 27, "0.2"], ["2026-01-01", "claude-code", 204, "0.100000000001"], ["2026-12-01", "codex", 56, null],
    ]);
    same(text.csv(list).split("\r\n")[3], "2026-12-01,2026-12-31,codex,56,40,4,5,0,7,4,56,6,");
    const hidden = text.records(found, "source", false);
    same(Object.keys(hidden[0]).filter((key) => /cost|unpriced/.test(key)), []);
  },
};

const fetched = async (path) => {
  const answer = await fetch(new URL(path, root));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
};

const run = async () => {
  const results = { passed: 0, failed: [] };
  try {
    const cases = JSON.parse(await fetched("messages/numbers.json"));
    const words = messages(await fetched("messages/en.ftl"));
    for (const name in tests) {
      try {
        tests[name]({ cases, words });
        results.passed++;
      } catch (error) {
        results.failed.push(`${name}: ${error.message}`);
      }
    }
  } catch (error) {
    results.failed.push(String(error));
  }
  document.getElementById("results").textContent = JSON.stringify(results, null, 1);
  window.__results = results;
};

run();

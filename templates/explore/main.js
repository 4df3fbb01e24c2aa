// The page Explore: state, years of data, and everything that follows from them.

import { controls, chosenText, ways } from "./controls.js";
import { iso, parseDay, range } from "./days.js";
import { byId, el, named } from "./dom.js";
import { fill } from "./numbers.js";
import { legend, plot } from "./plot.js";
import { details, nameList, table } from "./rows.js";
import { FILTERS, read, write, yearsOf } from "./state.js";
import { csv, markdown, records } from "./text.js";
import { lines, select, sentence, showFacts, showTable, view } from "./view.js";

// Waits so long before a result is announced: while someone still chooses, nothing is said.
const PAUSE = 400;

const start = (config) => {
  const { words } = config;
  const [first, ...bounds] = [config.first, ...config.bounds].map(parseDay);
  const span = { bounds, presets: {}, choices: config.choices };
  for (const key in config.presets) span.presets[key] = config.presets[key].map(parseDay);
  const names = {};
  for (const key in config.names) names[key] = nameList(config.names[key]);
  const all = { ...config, span, names, first };
  const known = Object.keys(config.shards).map(Number);
  const tables = new Map();
  const draw = plot(words);
  let state = read(location.search, span);
  let current = null;
  let run = 0;
  let pause = 0;

  const say = (text, retry = false) => {
    clearTimeout(pause);
    // The button must not vanish under the focus.
    if (!retry && document.activeElement === byId("again")) byId("result").focus();
    byId("again").hidden = !retry;
    pause = setTimeout(() => byId("status").replaceChildren(text), retry ? 0 : PAUSE);
  };

  const load = async (year) => {
    if (tables.has(year)) return;
    const answer = await fetch(config.shards[year]);
    if (!answer.ok) throw new Error(answer.status);
    const shard = await answer.json();
    if (!tables.has(year)) tables.set(year, table(shard, names));
  };

  const show = () => {
    const selection = select([...tables.values()], state, names, first);
    const isEmpty = !selection.groups.length;
    byId("none").hidden = !isEmpty;
    byId("found").hidden = isEmpty;
    byId("result").hidden = false;
    showFacts(all, selection);
    if (isEmpty) {
      current = null;
      byId("none").replaceChildren(el("p", {}, words.none), el("p", { class: "take" }, ways(all, state, changed).flatMap((way) => [way, " "])));
      return say(words.none);
    }
    const shown = view(all, state, selection);
    const rows = lines(all, state, selection, shown);
    const title = fill(words["heading-" + state.by], { measure: words[state.measure] });
    current = { selection, rows, title: `${title}, ${range(state.from, state.to, words)}` };
    byId("heading").replaceChildren(title);
    byId("caption").replaceChildren(current.title);
    byId("legend").replaceChildren(...legend(shown, words));
    showTable(rows, words);
    draw(shown);
    say(sentence(all, state, selection, shown));
  };

  const update = async () => {
    const own = ++run;
    showForm(state);
    byId("copy").hidden = true;
    const wanted = yearsOf(state, known);
    const missing = wanted.filter((year) => !tables.has(year));
    if (missing.length) {
      byId("result").setAttribute("aria-busy", "true");
      const results = await Promise.allSettled(missing.map(load));
      if (own !== run) return;
      byId("result").removeAttribute("aria-busy");
      const failed = missing.filter((_, index) => results[index].status === "rejected");
      // Before anything is drawn, the other pages are the way to go.
      byId("fallback").hidden = !failed.length || !byId("result").hidden;
      if (failed.length) return say(fill(words.failed, { years: failed.join(", ") }), true);
    }
    show();
  };

  const changed = (next, how) => {
    state = next;
    const search = write(location.search, state, span);
    if (search !== location.search) history[how + "State"](null, "", search + location.hash);
    return update();
  };

  const save = (text, type, ending) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const name = `token-matters-${iso(state.from)}-${iso(state.to)}.${ending}`;
    el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    say(fill(words.saved, { name }));
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      say(words.copied);
    } catch {
      // Without a safe connection there is no clipboard: the text stands there to be taken.
      const field = byId("copy");
      field.value = text;
      field.hidden = false;
      field.focus();
      field.select();
      say(words.take);
    }
  };

  const take = {
    markdown: () => {
      const chosen = FILTERS.filter((key) => state[key].length)
        .map((key) => `${words[key]}: ${chosenText(names, key, state[key], words)}`);
      const { head, list, total } = current.rows;
      const rows = [...list, total].map(({ name, cells }) => [name, ...cells]);
      return copy(markdown([current.title, ...chosen].join("; "), head, rows));
    },
    csv: () => save(csv(selected()), "text/csv", "csv"),
    json: () => {
      const filters = Object.fromEntries(FILTERS.map((key) => [key, state[key]]));
      const { unit } = current.selection;
      const head = { from: iso(state.from), to: iso(state.to), by: state.by, unit, filters };
      save(JSON.stringify({ ...head, rows: selected() }, null, 1) + "\n", "application/json", "json");
    },
  };
  const selected = () => {
    const { chosen, grid } = current.selection;
    const nameOf = (key) => names[state.by].list[key].id;
    return records(details([...tables.values()], state, chosen, grid, nameOf), state.by, span.choices.measure.includes("cost"));
  };

  byId("fallback").hidden = true;
  const showForm = controls(all, () => state, changed);
  byId("again").addEventListener("click", update);
  byId("result").addEventListener("click", ({ target }) => take[target.dataset?.take]?.());
  addEventListener("popstate", () => {
    state = read(location.search, span);
    update();
  });
  update();
};

const data = byId("data");
if (data) start(JSON.parse(data.textContent));

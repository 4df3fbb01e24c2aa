// The form: it shows a state, and a change of it makes the next one.

import { iso } from "./days.js";
import { byId, el, named } from "./dom.js";
import { fill, grouped } from "./numbers.js";
import { FILTERS, read } from "./state.js";

// Lists that are longer have a field for searching.
const LONG = 10;

export const titleOf = (names, key, id) => {
  const list = names[key];
  return list.list[list.place(id)].title;
};

// What is chosen of a kind, in a few words.
export const chosenText = (names, key, ids, words) => {
  if (!ids.length) return words.all;
  return ids.length > 2 ? grouped(ids.length) : ids.map((id) => titleOf(names, key, id)).join(", ");
};

const option = (key, { id, title }) =>
  el("label", {}, el("input", { type: "checkbox", name: key, value: id }), named(title));

const search = (sheet, words) => {
  const field = el("input", { type: "search", "aria-label": words.search, placeholder: words.search, autocomplete: "off" });
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const label of sheet.querySelectorAll("label")) {
      label.hidden = !label.textContent.toLowerCase().includes(wanted);
    }
  });
  return field;
};

// Fills the lists of names; the browser keeps at most one of them open.
const fillPicks = (form, names, words) => {
  const picks = [...form.querySelectorAll(".pick")];
  for (const pick of picks) {
    const { list } = names[pick.dataset.key];
    const sheet = pick.querySelector(".sheet");
    const sorted = [...list].sort((one, other) => one.title.localeCompare(other.title));
    if (sorted.length > LONG) sheet.append(search(sheet, words));
    sheet.append(el("div", { class: "names" }, sorted.map((name) => option(pick.dataset.key, name))));
    // A list that would leave the window ends with its button in place of beginning with it.
    pick.addEventListener("toggle", () => {
      sheet.classList.remove("end");
      sheet.classList.toggle("end", sheet.getBoundingClientRect().right > innerWidth);
    });
    pick.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !pick.open) return;
      pick.open = false;
      pick.querySelector("summary").focus();
    });
  }
  document.addEventListener("pointerdown", (event) => {
    for (const pick of picks) if (!pick.contains(event.target)) pick.open = false;
  });
};

// What stands in the form, as a state. A date that is being written is not one yet.
const written = (form, state, span) => {
  const data = new FormData(form);
  for (const key of ["from", "to"]) if (!data.get(key)) data.set(key, iso(state[key]));
  return read("?" + new URLSearchParams(data), span);
};

const showPick = (pick, names, state, words) => {
  const chosen = state[pick.dataset.key];
  for (const input of pick.querySelectorAll("input[name]")) input.checked = chosen.includes(input.value);
  pick.querySelector("summary span").textContent = chosenText(names, pick.dataset.key, chosen, words);
  pick.classList.toggle("on", chosen.length > 0);
};

// Ready for use: `changed` gets the next state and how it enters the history.
export const controls = ({ names, span, words }, current, changed) => {
  const form = byId("form");
  // A name that the address has and the data does not can be taken away again.
  for (const key of FILTERS) current()[key].forEach(names[key].place);
  fillPicks(form, names, words);
  const show = (state) => {
    for (const key of ["from", "to"]) {
      const input = form.elements[key];
      // A year that is being written must not change under the hands.
      if (document.activeElement !== input) input.value = iso(state[key]);
    }
    for (const key of ["by", "measure", "unit", "cmp"]) form.elements[key].value = state[key];
    for (const button of form.querySelectorAll("[data-preset]")) {
      const [from, to] = span.presets[button.dataset.preset];
      button.setAttribute("aria-pressed", from === state.from && to === state.to);
    }
    for (const pick of form.querySelectorAll(".pick")) showPick(pick, names, state, words);
    byId("reset").hidden = FILTERS.every((key) => !state[key].length);
  };
  form.addEventListener("change", ({ target }) => {
    if (target.name) changed(written(form, current(), span), target.type === "checkbox" ? "replace" : "push");
  });
  form.addEventListener("focusout", () => setTimeout(() => show(current())));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    changed(written(form, current(), span), "push");
  });
  form.addEventListener("click", ({ target }) => {
    const name = target.closest("[data-preset]")?.dataset.preset;
    if (name) {
      const [from, to] = span.presets[name];
      changed({ ...current(), from, to }, "push");
    }
    if (target.id === "explore-reset") {
      const cleared = { ...current() };
      for (const key of FILTERS) cleared[key] = [];
      form.querySelector(".pick summary").focus();
      changed(cleared, "push");
    }
  });
  form.hidden = false;
  return show;
};

// What to do where nothing is found: a button for each filter, and one for the dates.
export const ways = ({ names, span, words }, state, changed) => {
  const buttons = FILTERS.filter((key) => state[key].length).map((key) => {
    const text = fill(words["clear-" + key], { name: chosenText(names, key, state[key], words) });
    return [text, { ...state, [key]: [] }];
  });
  const [from, to] = span.presets.all;
  if (state.from > from || state.to < to) buttons.push([words.widen, { ...state, from, to }]);
  return buttons.map(([text, next]) => {
    const button = el("button", { type: "button" }, named(text));
    button.addEventListener("click", () => {
      byId("result").focus();
      changed(next, "push");
    });
    return button;
  });
};

(() => {
const root = document.documentElement;
const stored = (key, value) => {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* Storage may be forbidden: the choice then lasts for this page. */ }
  return null;
};
const theme = stored("theme");
if (theme === "light" || theme === "dark") root.dataset.theme = theme;
addEventListener("DOMContentLoaded", () => {
  const chosen = document.getElementById("theme-" + (root.dataset.theme || "system"));
  if (chosen) chosen.checked = true;
  for (const radio of document.getElementsByName("theme")) {
    radio.addEventListener("change", () => {
      if (radio.value === "system") delete root.dataset.theme; else root.dataset.theme = radio.value;
      stored("theme", radio.value);
    });
  }
  const said = document.querySelector("[role=status]");
  for (const button of document.querySelectorAll("[data-copy]")) {
    const word = button.textContent;
    const say = (text, aloud) => {
      button.textContent = text;
      if (said) said.textContent = aloud;
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(text.textContent);
      } catch {
        /* A page from a file may have no clipboard: what is selected can still be copied. */
        getSelection().selectAllChildren(text);
        if (!document.execCommand("copy")) return;
      }
      say(button.dataset.copy, button.dataset.copy);
      setTimeout(() => say(word, ""), 2000);
    });
  }
  // --- tables that can be sorted ---
  for (const table of document.querySelectorAll("table[data-sort]")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.ariaSort ? head.ariaSort === "ascending" : "value" in body.rows[0].cells[column].dataset;
        const key = (row) => { const cell = row.cells[column]; return cell.dataset.value ?? cell.textContent; };
        const order = (one, other) => Number(one) - Number(other) || one.localeCompare(other);
        const rows = [...body.rows].sort((one, other) => order(key(one), key(other)) * (down ? -1 : 1));
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        body.append(...rows);
      });
    });
  }
  ages();
  document.querySelectorAll("[data-plot]").forEach(reader);
});
// How long ago something was: a page is read later than it is made.
const ages = () => {
  const minutes = (at) => (Date.now() - Date.parse(at)) / 60000;
  const words = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });
  for (const time of document.querySelectorAll("time[data-age]")) {
    const age = minutes(time.dateTime);
    if (!(age >= 0)) continue;
    const [size, unit] = age < 90 ? [1, "minute"] : age < 36 * 60 ? [60, "hour"] : [1440, "day"];
    time.append(" · " + words.format(-Math.round(age / size), unit));
  }
  for (const line of document.querySelectorAll("[data-stale]")) line.hidden = !(minutes(line.dataset.stale) > 36 * 60);
};
// Bars can be read one by one, by pointer or keys; the numbers are those of the table below them.
const reader = (plot) => {
  const part = plot.closest("section");
  const table = part.querySelector("[data-numbers]");
  const chart = plot.querySelector(".chart");
  if (!table || !chart) return;
  const rows = table.tBodies[0].rows;
  // Where there are many, what bars are made of stands in an attribute, to come after the first number.
  const cells = (row, owner) => {
    const texts = [...row.cells].map((cell) => cell.textContent);
    if (owner.dataset.parts) texts.splice(2, 0, ...owner.dataset.parts.split("|"));
    return texts;
  };
  const heads = cells(table.tHead.rows[0], table);
  const make = (name, parent, text) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    parent.append(element);
    return element;
  };
  let at = -1;
  const cursor = make("div", plot);
  cursor.className = "cursor";
  const tip = make("div", plot);
  tip.className = "tip";
  tip.setAttribute("role", "status");
  const hide = () => { at = -1; cursor.hidden = tip.hidden = true; };
  const show = (slot) => {
    slot = Math.max(0, Math.min(rows.length - 1, slot));
    if (slot === at) return;
    at = slot;
    cursor.hidden = tip.hidden = false;
    tip.textContent = "";
    cells(rows[slot], rows[slot]).forEach((text, column) => {
      if (!column) make("strong", tip, text);
      else if (text !== "–") {
        const line = make("div", tip);
        make("span", line, heads[column]);
        make("span", line, text);
      }
    });
    const start = chart.getBoundingClientRect().left - plot.getBoundingClientRect().left;
    const place = start + (chart.getBoundingClientRect().width * (slot + 0.5)) / rows.length;
    const room = plot.clientWidth;
    cursor.style.left = place + "px";
    const left = place > room / 2 ? place - tip.offsetWidth - 12 : place + 12;
    tip.style.left = Math.max(0, Math.min(left, room - tip.offsetWidth)) + "px";
  };
  hide();
  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-labelledby", "trend");
  const point = (event) => {
    if (tip.contains(event.target)) return;
    const box = chart.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    if (part >= 0 && part <= 1) show(Math.floor(part * rows.length)); else hide();
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
  plot.addEventListener("blur", hide);
  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -Infinity, End: Infinity };
  plot.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show((at < 0 ? (step < 0 ? rows.length : -1) : at) + step);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
};
})();

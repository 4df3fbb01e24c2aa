// The selection as text to take away. Names come from logs: each form has its own escaping.

import { iso } from "./days.js";
import { decimal } from "./numbers.js";
import { amount, COLUMNS } from "./rows.js";

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

// A cell of Markdown: one line, in which nothing is markup.
export const markdownCell = (text) =>
  String(text).replace(CONTROL, " ").replace(/[\\`*_{}[\]<>|#~&!]/g, "\\$&").trim();

// A table with the first column to the left and numbers to the right.
export const markdown = (title, head, rows) => {
  const line = (cells) => `| ${cells.map(markdownCell).join(" | ")} |`;
  const rule = "|" + head.map((_, index) => (index ? "---:|" : "---|")).join("");
  return [`**${markdownCell(title)}**`, "", line(head), rule, ...rows.map(line), ""].join("\n");
};

// A cell of CSV; one that a spreadsheet would take for a formula gets an apostrophe.
export const csvCell = (value) => {
  let text = String(value ?? "").replace(CONTROL, " ");
  if (/^\s*[=+\-@]/.test(text) && typeof value === "string") text = "'" + text;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// One line per slot and name, with everything that is counted; amounts are exact.
export const records = (rows, by, showsCost) =>
  rows.map(({ from, to, name, sum }) => {
    const record = { from: iso(from), to: iso(to), [by]: name, totalTokens: sum.tokens };
    for (const key in COLUMNS) if (showsCost || key !== "unpriced") record[COLUMNS[key]] = sum[key];
    const cost = amount(sum);
    if (showsCost) record.costUSD = cost === null ? null : decimal(cost);
    return record;
  });

export const csv = (list) => {
  const head = Object.keys(list[0] ?? {});
  const lines = list.map((record) => head.map((key) => csvCell(record[key])));
  return [head, ...lines].map((cells) => cells.join(",") + "\r\n").join("");
};

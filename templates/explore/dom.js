// Elements without markup in strings: names from logs stay text.

const build = (made, attributes, children) => {
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children.flat(Infinity));
  return made;
};

export const el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) =>
  build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

export const byId = (id) => document.getElementById("explore-" + id);

export const swatch = (color) =>
  svg("svg", { class: "mark f-" + color, viewBox: "0 0 16 16", width: 12, height: 12, "aria-hidden": "true" },
    svg("rect", { x: 2, y: 2, width: 12, height: 12, rx: 3 }));

export const named = (text) => el("bdi", {}, text);

#!/usr/bin/env node
// Starts the program of this system, which npm has installed as an optional dependency. Nothing is downloaded here.
"use strict";
const { spawnSync } = require("node:child_process");

const packages = {
{% for target in targets %}
  "{{ target.os }}-{{ target.cpu }}": "{{ target.npm }}/{{ target.program }}",
{% endfor %}
};
const system = `${process.platform}-${process.arch}`;

function program() {
  try {
    return require.resolve(packages[system] ?? "");
  } catch {
    console.error(
      packages[system]
        ? `error: the package for ${system} is missing: install again without --omit=optional`
        : `error: there is no program for ${system}: build it from {{ repository }}`,
    );
    process.exit(1);
  }
}

const ended = spawnSync(program(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });
if (ended.error) {
  console.error(`error: ${ended.error.message}`);
  process.exit(1);
}
if (ended.signal) process.kill(process.pid, ended.signal);
process.exit(ended.status ?? 1);

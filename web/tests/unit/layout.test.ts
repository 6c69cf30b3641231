import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";

const CLIENT = new URL("../../src/client/", import.meta.url);

test("the client library imports nothing but itself and the protocol", () => {
  for (const name of readdirSync(CLIENT)) {
    const text = readFileSync(new URL(name, CLIENT), "utf8");
    const imported = [...text.matchAll(/ from "([^"]+)"/g)].map(([, from]) => from ?? "");
    for (const from of imported) expect(from, name).toMatch(/^\.\/[a-z-]+\.ts$|^\.\.\/protocol\.ts$/);
    expect(text, name).not.toMatch(/\b(window|document|localStorage|sessionStorage|navigator|location)\./);
  }
});

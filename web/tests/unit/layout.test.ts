import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";

const CLIENT = new URL("../../src/client/", import.meta.url);

/** Browser globals that the library must get through its `Environment`. */
const OF_THE_PAGE = [
  "window", "document", "self", "globalThis", "navigator", "location", "localStorage", "sessionStorage", "indexedDB",
  "fetch", "XMLHttpRequest", "crypto", "performance", "caches", "matchMedia", "alert", "confirm", "addEventListener", "removeEventListener",
  "dispatchEvent", "postMessage", "requestAnimationFrame", "BroadcastChannel", "reportError", "console",
];

/** Returns all imports of a file, and the browser globals that it uses. */
function dependencies(text: string): { imports: readonly string[]; globals: readonly string[] } {
  const imports = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map(([, from]) => from ?? "");
  const code = text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replace(/(["'`])(?:\\.|(?!\1)[^\\])*\1/g, '""')
    // Types, object keys and method names are not uses of a global.
    .replace(/\btypeof \w+;|\b\w+\??: |\b(?:get |async )?\w+\([^)]*\)(?:: [^{;]+)? \{|^\s*\w+\([^)]*\): [^;{]+;/gm, "");
  const globals = OF_THE_PAGE.filter((name) => new RegExp(`(?<![.#\\w])${name}\\b`).test(code));
  return { imports, globals };
}

test("the client library imports only itself and the protocol, and uses no browser globals", () => {
  for (const name of readdirSync(CLIENT)) {
    const { imports, globals } = dependencies(readFileSync(new URL(name, CLIENT), "utf8"));
    for (const from of imports) expect(from, name).toMatch(/^\.\/[a-z-]+\.ts$|^\.\.\/protocol\.ts$/);
    expect(globals, name).toEqual([]);
  }
});

test.each([
  ['import "react";', ["react"], []],
  ['const react = await import("react");', ["react"], []],
  ['import type { A } from "../app/a.ts";', ["../app/a.ts"], []],
  ['const answer = await fetch("/api");', [], ["fetch"]],
  ["addEventListener('online', go);", [], ["addEventListener"]],
  ["const id = crypto.randomUUID();", [], ["crypto"]],
  ["const stored = localStorage;", [], ["localStorage"]],
  ["this.#fetch(1); environment.fetch(2); // fetch(3)", [], []],
])("the checks of this test find in %s the imports %j and the globals %j", (text, imports, globals) => {
  expect(dependencies(text)).toEqual({ imports, globals });
});

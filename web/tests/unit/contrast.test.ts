import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const TOKENS = readFileSync(new URL("../../src/app/styles/tokens.css", import.meta.url), "utf8");
const SCHEMES = ["light", "dark"] as const;
type Scheme = (typeof SCHEMES)[number];

/** Returns the colour of a design token in one scheme: red, green and blue from 0 to 255. */
function colour(name: string, scheme: Scheme): number[] {
  const hex = "#([0-9a-f]{6})";
  const pair = new RegExp(`--${name}: light-dark\\(${hex}, ${hex}\\);`).exec(TOKENS);
  const both = new RegExp(`--${name}: ${hex};`).exec(TOKENS);
  const found = pair?.[scheme === "light" ? 1 : 2] ?? both?.[1];
  if (found === undefined) throw new Error(`tokens.css has no colour --${name}`);
  return [0, 2, 4].map((at) => Number.parseInt(found.slice(at, at + 2), 16));
}

/** Returns the relative luminance as WCAG defines it. */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => value / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string, scheme: Scheme): number {
  const [lighter = 0, darker = 0] = [one, other].map((name) => luminance(colour(name, scheme))).sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const GROUNDS = ["ground", "surface", "raised", "sunken", "accent-ground"];

test.each(SCHEMES)("borders of fields and buttons have a contrast of 3 : 1 against all backgrounds (%s)", (scheme) => {
  for (const ground of GROUNDS) expect(contrast("field-line", ground, scheme), ground).toBeGreaterThanOrEqual(3);
  // The accent colour marks the open row and outlines the focused element.
  for (const ground of GROUNDS) expect(contrast("accent", ground, scheme), ground).toBeGreaterThanOrEqual(3);
});

test.each(SCHEMES)("text has a contrast of 4.5 : 1 (%s)", (scheme) => {
  for (const ground of GROUNDS) expect(contrast("text", ground, scheme), `text on ${ground}`).toBeGreaterThanOrEqual(4.5);
  for (const ground of ["ground", "surface", "raised", "sunken"]) expect(contrast("muted", ground, scheme), `muted on ${ground}`).toBeGreaterThanOrEqual(4.5);
  for (const name of ["pending", "confirmed", "completed", "cancelled", "danger"]) {
    expect(contrast(name, `${name}-ground`, scheme), name).toBeGreaterThanOrEqual(4.5);
    expect(contrast(name, "surface", scheme), name).toBeGreaterThanOrEqual(4.5);
  }
  for (const [text, ground] of [["on-accent", "accent"], ["on-danger", "danger"], ["own-text", "own"], ["own-muted", "own"]] as const) {
    expect(contrast(text, ground, scheme), text).toBeGreaterThanOrEqual(4.5);
  }
});

test("fields and buttons use the field border colour", () => {
  const rules = ["base", "chat", "checkout", "login", "orders"]
    .map((name) => readFileSync(new URL(`../../src/app/styles/${name}.css`, import.meta.url), "utf8"))
    .join("\n");
  for (const selector of [".button", ".composer textarea", ".field textarea", ".stepper", ".person", ".card", ".search input,\n.filters select", ".to-end,\n.to-line"]) {
    const at = rules.indexOf(`\n${selector} {`);
    expect(at, selector).toBeGreaterThanOrEqual(0);
    expect(rules.slice(at, rules.indexOf("}", at)), selector).toContain("border: 1px solid var(--field-line)");
  }
});

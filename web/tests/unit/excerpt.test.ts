import { expect, test } from "vitest";
import { excerpt } from "../../src/app/find/excerpt.ts";

/** The parts as one text, with the found words in brackets. */
function shown(body: string, ...words: readonly string[]): string {
  const matches = words.map((word) => ({ start: body.indexOf(word), end: body.indexOf(word) + word.length }));
  return excerpt(body, matches).map(({ text, found }) => (found ? `[${text}]` : text)).join("");
}

test("a short text is shown whole, with all words marked", () => {
  expect(shown("Is the café open?", "café", "open")).toBe("Is the [café] [open]?");
  expect(shown("café", "café")).toBe("[café]");
  expect(shown("nothing")).toBe("nothing");
});

test("a long text is shown around the first word", () => {
  const long = `${"before ".repeat(50)}needle ${"after ".repeat(50)}`;
  const text = shown(long, "needle");
  expect(text).toMatch(/^…before before before before before \[needle\] after .*…$/);
  expect(text.length).toBeLessThan(190);
});

test("no character is cut in two, wherever the text is cut", () => {
  // Emoji before the word begin at even indexes, those behind it at odd ones, and the other way round.
  for (const [before, behind] of [["", "x"], ["x", ""], ["x", "x"], ["", ""]] as const) {
    for (let count = 20; count < 24; count += 1) {
      const body = `${before}${"😀".repeat(count)}needle${behind}${"😀".repeat(100)}`;
      const parts = excerpt(body, [{ start: body.indexOf("needle"), end: body.indexOf("needle") + 6 }]);
      for (const { text } of parts) expect(() => encodeURIComponent(text)).not.toThrow();
      expect(parts.filter(({ found }) => found).map(({ text }) => text)).toEqual(["needle"]);
    }
  }
});

test("a word that is longer than the excerpt is shown whole", () => {
  const word = "x".repeat(400);
  expect(shown(`a ${word} b`, word)).toBe(`a [${word}]…`);
});

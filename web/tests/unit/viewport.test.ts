import { expect, test } from "vitest";
import { visibleAreaAboveKeyboard } from "../../src/app/viewport.ts";

test("the visible area ends above an on-screen keyboard", () => {
  expect(visibleAreaAboveKeyboard({ height: 460, offsetTop: 90, scale: 1 }, 800)).toEqual({ top: 90, height: 460 });
});

test.each([
  ["no keyboard", { height: 800, offsetTop: 0, scale: 1 }],
  ["a toolbar", { height: 720, offsetTop: 0, scale: 1 }],
  ["a page that is zoomed in", { height: 400, offsetTop: 120, scale: 2 }],
])("%s changes nothing", (_, viewport) => expect(visibleAreaAboveKeyboard(viewport, 800)).toBeUndefined());

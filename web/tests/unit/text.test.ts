import { expect, test } from "vitest";
import { withoutControls } from "../../src/app/text.ts";

test("control characters except tab and newline are removed, and all other characters stay", () => {
  expect(withoutControls("a\u0000\u0007b\tc\nd\r\u007f\u0085é\u200f👩‍🌾")).toBe("ab\tc\ndé\u200f👩‍🌾");
});

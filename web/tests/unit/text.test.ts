import { expect, test } from "vitest";
import { withoutControls } from "../../src/app/text.ts";

test("of the control characters only tabs and line breaks stay, and every other character does", () => {
  expect(withoutControls("a\u0000\u0007b\tc\nd\r\u007f\u0085é\u200f👩‍🌾")).toBe("ab\tc\ndé\u200f👩‍🌾");
});

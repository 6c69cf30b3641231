import { expect, test } from "vitest";
import { filledIn, placeholdersIn } from "../../src/app/canned/placeholders.ts";
import { ranked } from "../../src/app/canned/ranking.ts";
import { inserted, slashAt } from "../../src/app/canned/slash.ts";
import { PLACEHOLDERS, valuesOf } from "../../src/app/canned/values.ts";
import type { CannedResponse, Conversation } from "../../src/protocol.ts";

function response(shortcut: string, title: string, body: string): CannedResponse {
  return { id: shortcut, shortcut, title, body, personal: false, quickReply: false };
}

const shortcuts = (found: readonly CannedResponse[]) => found.map(({ shortcut }) => shortcut);

test("the best fit is first: shortcut, title, text, and a beginning before a part", () => {
  const all = [
    response("a-text-part", "x", "we refund"),
    response("b-text", "x", "refund it"),
    response("c-title-part", "no refund", "x"),
    response("d-title", "Refund", "x"),
    response("e-refund", "x", "x"),
    response("refund", "x", "x"),
    response("other", "x", "x"),
  ];
  expect(shortcuts(ranked(all, "reFund"))).toEqual(["refund", "e-refund", "d-title", "c-title-part", "b-text", "a-text-part"]);
  expect(shortcuts(ranked(all.toReversed(), "refund"))).toEqual(shortcuts(ranked(all, "refund")));
  expect(shortcuts(ranked(all, "")).length).toBe(all.length);
  expect(ranked(all, "nothing")).toEqual([]);
});

test("a slash opens the list at the start and after white space", () => {
  expect(slashAt("/", 1)).toEqual({ start: 0, end: 1, typed: "" });
  expect(slashAt("Hello /re", 9)).toEqual({ start: 6, end: 9, typed: "re" });
  expect(slashAt("Hello\n/re and more", 9)).toEqual({ start: 6, end: 9, typed: "re" });
  expect(slashAt("Hello /re", 7)).toEqual({ start: 6, end: 7, typed: "" });
  for (const [text, caret] of [["and/or", 6], ["/re ", 4], ["", 0], ["https://shop.example", 20], ["/re", 0], ["/a/b", 4]] as const) expect(slashAt(text, caret), text).toBeUndefined();
});

test("what is inserted replaces the slash and what follows it", () => {
  expect(inserted("Hello /re you", { start: 6, end: 9 }, "dear")).toEqual({ text: "Hello dear you", caret: 10 });
});

const CONVERSATION = {
  customerName: "Mia {{admin.name}} $& Berger",
  order: { id: "ord_aebagbafaydqqcikbmga2dqpca", status: "confirmed", total: 2500, currency: "EUR" },
} as Conversation;

test("all placeholders are filled in, and values are plain text", () => {
  const values = valuesOf(CONVERSATION, { userId: "a", role: "admin", name: "Grace" });
  const text = PLACEHOLDERS.map(({ name }) => `{{${name}}}`).join("|");
  expect(filledIn(text, values)).toBe("Mia {{admin.name}} $& Berger|#DQPCA".replace("#DQPCA", "#2DQPCA") + "|confirmed|€25.00|Grace");
  expect(filledIn("{{ order.number }}", values)).toBe("#2DQPCA");
});

test("what cannot be filled in stays visible and is found", () => {
  const values = valuesOf({ ...CONVERSATION, customerName: " " }, { userId: "a", role: "admin", name: "Grace" });
  const filled = filledIn("Dear {{customer.name}}, {{order.colour}} {{order.number}} {{customer.name}}", values);
  expect(filled).toBe("Dear {{customer.name}}, {{order.colour}} #2DQPCA {{customer.name}}");
  expect(placeholdersIn(filled)).toEqual(["{{customer.name}}", "{{order.colour}}"]);
  expect(placeholdersIn("{{x}} {{ }} {order.number} {{customer}}")).toEqual([]);
});

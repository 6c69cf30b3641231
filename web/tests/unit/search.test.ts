import { expect, test } from "vitest";
import { matches, matchesStatus } from "../../src/app/orders/filter.ts";
import { withFound } from "../../src/app/orders/search.ts";
import { normalized } from "../../src/app/search-words.ts";
import type { ConversationEntry } from "../../src/client/index.ts";
import { conversation } from "./test-client.ts";

const entry = (id: string, unread = 0): ConversationEntry => ({ conversation: conversation(3, { id }), unread, stale: false, presenceAt: 0 });

test("case and spaces do not change a search", () => {
  expect(normalized("  Mia   LAMP ")).toBe("mia lamp");
  expect(normalized(" \n ")).toBe("");
  expect(normalized("a")).toBe("");
  expect([...normalized("𝒜".repeat(101))]).toHaveLength(100);
});

test("held conversations keep their state, and those that only the server found are added without duplicates", () => {
  const [live, other] = [entry("cnv_live", 2), entry("cnv_other", 1)];
  const held = new Map([["cnv_live", live], ["cnv_other", other]]);
  const old = { ...conversation(1, { id: "cnv_live" }), unread: 0 };
  const far = { ...conversation(9, { id: "cnv_far" }), unread: 4 };
  const shown = withFound(held, [live], [old, { ...conversation(1, { id: "cnv_other" }), unread: 0 }, far]);
  expect(shown).toHaveLength(3);
  expect(shown[0]).toBe(live);
  // The server can find a conversation by text that the client does not hold, for example an item.
  expect(shown[1]).toBe(other);
  expect(shown[2]).toMatchObject({ conversation: far, unread: 4 });
});

test("conversations found by the server are filtered by status", () => {
  const filter = { order: "cancelled", conversation: undefined, words: "lamp" } as const;
  expect(matchesStatus(entry("cnv_a"), filter)).toBe(false);
  expect(matchesStatus(entry("cnv_a"), { ...filter, order: "pending" })).toBe(true);
  expect(matches(entry("cnv_a"), { ...filter, order: "pending", words: "LAMP mia" })).toBe(true);
  expect(matches(entry("cnv_a"), { ...filter, order: "pending", words: "lamp piano" })).toBe(false);
});

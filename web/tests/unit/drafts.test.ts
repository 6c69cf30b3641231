import { expect, test } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { ChatClient } from "../../src/client/client.ts";
import type { Person } from "../../src/protocol.ts";
import { testEnvironment } from "./test-client.ts";

const MIA: Person = { userId: "mia", role: "customer", name: "Mia" };

function client(storage: Storage, me: Person): ChatClient {
  return new ChatClient(testEnvironment({ storage }), { me, token: "h.e30.s", renew: () => Promise.resolve(undefined) });
}

test("a draft belongs to one person and conversation, also after a restart", () => {
  const storage = new MemoryStorage();
  client(storage, MIA).setDraft("cnv_a", "When will");
  const again = client(storage, MIA);
  expect([...again.state.drafts]).toEqual([["cnv_a", "When will"]]);
  for (const other of [{ ...MIA, userId: "mi" }, { ...MIA, userId: "mia/cnv_a" }, { ...MIA, role: "admin" } as const]) {
    expect([...client(storage, other).state.drafts]).toEqual([]);
  }
  again.setDraft("cnv_a", "");
  expect([...client(storage, MIA).state.drafts]).toEqual([]);
});

test("a draft that cannot be stored is kept until the page is closed", () => {
  const storage = new MemoryStorage();
  storage.setItem = () => {
    throw new Error("full");
  };
  const mia = client(storage, MIA);
  mia.setDraft("cnv_a", "When will");
  expect(mia.state.drafts.get("cnv_a")).toBe("When will");
});

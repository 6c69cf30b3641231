import type { Page } from "playwright-core";
import type { History, Message } from "../../src/protocol.ts";

/**
 * Replaces the server's history with `many` messages of different heights, on several days. Writing
 * them would take an hour and a half because of the rate limit. A page of older messages waits for
 * `turn` and fails if it resolves to false.
 */
export async function simulateHistory(page: Page, many: number, turn: () => Promise<boolean> = () => Promise.resolve(true)): Promise<void> {
  const mia = { userId: "mia", role: "customer", name: "Mia Berger" } as const;
  // Includes messages of the reader's own side. None is unread.
  const other = { userId: "jonas", role: "customer", name: "Jonas Keller" } as const;
  const begun = Date.now() - many * 600_000;
  const message = (conversationId: string, seq: number): Message => ({
    conversationId,
    seq,
    id: `msg_${seq}`,
    sender: seq % 4 < 2 ? mia : other,
    kind: "text",
    body: `Message ${seq}. ${"It goes on for a while. ".repeat((seq * 7) % 23)}${"\nA line.".repeat(seq % 5)}`.trim(),
    createdAt: new Date(begun + seq * 600_000).toISOString(),
  });
  await page.route("**/api/chat/conversations/*/messages?*", async (route) => {
    const url = new URL(route.request().url());
    const number = (name: string) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined);
    const [before, after, size] = [number("before"), number("after"), number("limit") ?? 50];
    const id = url.pathname.split("/").at(-2) ?? "";
    if (before !== undefined && !(await turn())) return route.fulfill({ status: 500, json: { detail: "Not now." } });
    const last = Math.min(many, (before ?? many + 1) - 1);
    const first = after === undefined ? Math.max(1, last - size + 1) : after + 1;
    const seqs = Array.from({ length: Math.max(0, Math.min(size, last - first + 1)) }, (_, index) => first + index);
    const json: History = { messages: seqs.map((seq) => message(id, seq)), changes: [], others: [], lastSeq: many, hasMore: after === undefined && first > 1 };
    await route.fulfill({ json });
  });
}

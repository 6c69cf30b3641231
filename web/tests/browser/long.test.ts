import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { History, Message } from "../../src/protocol.ts";
import { bubble, logIn, meet, order, say } from "./steps.ts";
import { inTheBrowser } from "./world.ts";

const world = inTheBrowser();

/** As many messages as a very long conversation has. */
const MANY = 10_000;

/** Puts ten thousand messages before those that the conversation really has: writing them would take the rate limit an hour and a half. */
async function lengthen(page: Page): Promise<void> {
  const sender = { userId: "mia", role: "customer", name: "Mia Berger" } as const;
  const shop = { userId: "grace", role: "admin", name: "Grace Okafor" } as const;
  let asked = 1;
  const begun = Date.now() - MANY * 60_000;
  const message = (conversationId: string, seq: number): Message => ({
    conversationId,
    seq,
    id: `msg_${seq}`,
    sender: seq % 3 === 0 ? shop : sender,
    kind: "text",
    body: `Message ${seq}. ${"It goes on for a while. ".repeat(seq % 7)}`.trim(),
    createdAt: new Date(begun + seq * 60_000).toISOString(),
  });
  await page.route("**/api/chat/conversations/*/messages?*", async (route) => {
    const url = new URL(route.request().url());
    const [before, after, limit] = ["before", "after", "limit"].map((name) => url.searchParams.get(name)).map((value) => (value === null ? undefined : Number(value)));
    const id = url.pathname.split("/").at(-2) ?? "";
    const size = limit ?? 50;
    const last = Math.min(MANY, before === undefined ? MANY : before - 1);
    const first = after === undefined ? Math.max(1, last - size + 1) : after + 1;
    const seqs = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).slice(0, size);
    const page: History = { messages: seqs.map((seq) => message(id, seq)), lastSeq: MANY, hasMore: after === undefined && first > 1 };
    // The first time long enough to see what the list does before a page comes.
    await new Promise((done) => setTimeout(done, asked === 1 ? 150 : 0));
    if (before !== undefined) asked += 1;
    await route.fulfill({ json: page });
  });
}

/** Whether all of the bubble with this text is within the list's frame, but for parts of a pixel. */
async function inSight(page: Page, text: string): Promise<boolean> {
  const [frame, found] = await Promise.all([page.locator(".messages").boundingBox(), bubble(page, text).boundingBox()]);
  return frame !== null && found !== null && found.y > frame.y - 1 && found.y + found.height < frame.y + frame.height + 1;
}

const top = (page: Page) => page.locator(".messages").evaluate((list) => list.scrollTop);

test("older messages load on scrolling up without a jump, and the newest are a button away", async () => {
  const { page: mia } = await world.windows.window();
  const { page: grace } = await world.windows.window();
  await meet(mia, grace);
  for (let count = 1; count <= 18; count += 1) await say(mia, `Line ${count}\nwith\nmore\nlines`);
  await bubble(grace, "Line 18").waitFor();
  // At the newest one stays there.
  await expect.poll(() => inSight(grace, "Line 18")).toBe(true);
  await bubble(mia, "Line 18").locator('.ticks[title="Read"]').waitFor();

  await grace.locator(".messages").evaluate((list) => (list.scrollTop -= 900));
  await grace.getByRole("button", { name: "To the newest" }).waitFor();
  await grace.waitForTimeout(300);
  const reading = await top(grace);
  await say(mia, "While you read older ones");
  await grace.getByRole("button", { name: "1 new message" }).waitFor();
  expect(Math.abs((await top(grace)) - reading)).toBeLessThanOrEqual(1);
  // What is out of sight is not read.
  await bubble(mia, "While you read older ones").locator('.ticks[title="Delivered"]').waitFor();
  await grace.getByRole("button", { name: "1 new message" }).click();
  await bubble(grace, "While you read older ones").waitFor();
  await bubble(mia, "While you read older ones").locator('.ticks[title="Read"]').waitFor();
});

test("ten thousand messages scroll smoothly", async () => {
  const { page } = await world.windows.window();
  await logIn(page, "Jonas Keller");
  await order(page, "Wall clock");
  await lengthen(page);
  await page.reload();
  await bubble(page, `Message ${MANY}.`).waitFor();

  // A page of older messages comes in above: what is looked at stays where it is.
  const list = page.locator(".messages");
  const scrolled = list.evaluate(async (frame) => {
    let worst = 0;
    frame.scrollTop = 1_500;
    await new Promise((done) => setTimeout(done, 100));
    frame.scrollTop = 1_000;
    for (let frames = 0; frames < 3; frames += 1) await new Promise((done) => requestAnimationFrame(done));
    const first = [...frame.querySelectorAll<HTMLElement>(".bubble")].find((each) => each.getBoundingClientRect().top > frame.getBoundingClientRect().top + 50);
    const place = first?.getBoundingClientRect().top ?? 0;
    const height = frame.scrollHeight;
    for (let frames = 0; frames < 120; frames += 1) {
      await new Promise((done) => requestAnimationFrame(done));
      if (first?.isConnected === true) worst = Math.max(worst, Math.abs(first.getBoundingClientRect().top - place));
    }
    return { worst, grew: frame.scrollHeight > height, connected: first?.isConnected };
  });
  expect(await scrolled).toMatchObject({ grew: true, connected: true });
  expect((await scrolled).worst).toBeLessThan(4);

  // Up to the very first.
  await list.evaluate(async (frame) => {
    const first = () => frame.querySelector(".body")?.textContent ?? "";
    const until = Date.now() + 60_000;
    while (Date.now() < until && !first().startsWith("Message 1.")) {
      frame.scrollTop = 0;
      await new Promise((done) => setTimeout(done, 10));
    }
  });
  // The last page that arrives keeps what one looks at in its place, so there may be a little way left.
  const atTheTop = async () => {
    await list.evaluate((frame) => {
      frame.scrollTop = 0;
    });
    return bubble(page, "Message 1.").first().isVisible();
  };
  await expect.poll(atTheTop, { timeout: 20_000 }).toBe(true);

  const frames = await list.evaluate(async (frame) => {
    const times: number[] = [];
    let last = performance.now();
    for (let count = 0; count < 300; count += 1) {
      frame.scrollTop += 240;
      await new Promise((done) => requestAnimationFrame(done));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((one, other) => one - other);
  });
  const at = (share: number) => frames[Math.floor(frames.length * share)] ?? 0;
  process.stderr.write(`10,000 messages, time between frames: median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, worst ${at(0.999).toFixed(1)} ms\n`);
  expect(await page.locator(".bubble").count()).toBeLessThan(60);
});

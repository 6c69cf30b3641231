import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Conversation, ConversationPage } from "../../src/protocol.ts";
import { checkAccessibility, delayRequests, logIn, openOrder, placeOrder } from "./steps.ts";
import { FAILED_REQUEST, browserSetup } from "./setup.ts";

const setup = browserSetup();
const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const field = (page: Page) => page.getByRole("searchbox", { name: "Search the orders" });

/** Limits the list to the newest order. Older orders exist, and a sync returns no changes. */
async function onlyNewestLoaded(page: Page): Promise<void> {
  await page.route(/\/api\/chat\/conversations\?(?!.*\bq=)/, async (route) => {
    const url = new URL(route.request().url());
    const since = url.searchParams.has("since");
    const answer = (await (await route.fetch()).json()) as ConversationPage;
    await route.fulfill({ json: { ...answer, items: since ? [] : answer.items.slice(0, 1), ...(!since && { nextCursor: "older" }) } });
  });
}

test("a search filters loaded orders at once, finds others on the server, and shows when nothing matches", async () => {
  const { page: jonas } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(jonas, "Jonas Keller");
  for (const title of ["Wall clock", "Headphones"]) await placeOrder(jonas, title);
  await onlyNewestLoaded(grace);
  await logIn(grace, "Grace Okafor");
  await list(grace).getByText("Headphones").waitFor();
  expect(await list(grace).getByRole("link").count()).toBe(1);
  await field(grace).fill("jonas clock");
  await list(grace).getByText("Wall clock").waitFor();
  expect(await list(grace).getByRole("link").count()).toBe(1);
  await checkAccessibility(grace, "search-found");
  await openOrder(grace, "Wall clock");
  await grace.getByText("Jonas Keller is online").waitFor();
  await field(grace).fill("piano");
  await grace.getByText("No orders match.", { exact: true }).waitFor();
  expect(await grace.getByRole("button", { name: "Search further back" }).count()).toBe(0);
  await checkAccessibility(grace, "search-nothing");
  await field(grace).fill("");
  await list(grace).getByText("Headphones").waitFor();
});

test("a search shows how far back it has searched and can continue; typing causes one request", async () => {
  const { page: leo } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Desk lamp");
  let lamp: Conversation | undefined;
  const asked: string[] = [];
  await grace.route(/\/api\/chat\/conversations\?.*\bq=/, async (route) => {
    const { searchParams } = new URL(route.request().url());
    asked.push(`${searchParams.get("q")}/${searchParams.get("cursor") ?? ""}`);
    const asOf = new Date().toISOString();
    const old = lamp && { ...lamp, id: "cnv_old", customerName: "Otto Alt", unread: 2 };
    const pages: Record<string, ConversationPage & { searchedTo?: string }> = {
      "": { items: [], nextCursor: "more", asOf, searchedTo: "2025-03-03T12:00:00.000Z" },
      more: { items: [], nextCursor: "most", asOf, searchedTo: "2024-03-03T12:00:00.000Z" },
      most: { items: old ? [old] : [], asOf },
    };
    await route.fulfill({ json: pages[searchParams.get("cursor") ?? ""] });
  });
  await logIn(grace, "Grace Okafor");
  await list(grace).getByText("Leo Martin").first().waitFor();
  lamp = await grace.evaluate(async () => {
    const { token } = JSON.parse(sessionStorage.getItem("order-chat/session") ?? "{}") as { token: string };
    const answer = await fetch("/api/chat/conversations?limit=50", { headers: { authorization: `Bearer ${token}` } });
    return ((await answer.json()) as ConversationPage).items[0];
  });
  await field(grace).pressSequentially("otto alt", { delay: 5 });
  await grace.getByText("No orders match. Searched back to 3 March 2025.").waitFor();
  expect(asked).toEqual(["otto alt/"]);
  await grace.getByRole("button", { name: "Search further back" }).click();
  await grace.getByText("Searched back to 3 March 2024.").waitFor();
  await grace.getByRole("button", { name: "Search further back" }).click();
  await list(grace).getByRole("link", { name: /Otto Alt/ }).waitFor();
  expect(await grace.getByRole("button", { name: "Search further back" }).count()).toBe(0);
  expect(asked).toEqual(["otto alt/", "otto alt/more", "otto alt/most"]);
});

test("loaded matches are shown while the server searches; a failed search shows an error and can be retried", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Stoneware mug");
  await logIn(grace, "Grace Okafor");
  await list(grace).getByText("Stoneware mug").waitFor();
  let works = false;
  await grace.route(/\/api\/chat\/conversations\?.*\bq=/, (route) => (works ? route.fallback() : route.fulfill({ status: 400, json: { detail: "No.", code: "bad_request" } })));
  const answer = await delayRequests(grace, /\/api\/chat\/conversations\?.*\bq=/, "GET");
  await field(grace).fill("mug mia");
  await grace.getByText("Searching all orders…").waitFor();
  await list(grace).getByText("Stoneware mug").waitFor();
  answer();
  await grace.getByText("Only the loaded orders were searched").waitFor({ timeout: 20_000 });
  await list(grace).getByText("Stoneware mug").waitFor();
  works = true;
  await grace.getByRole("button", { name: "Try again" }).click();
  await grace.getByText("Only the loaded orders were searched").waitFor({ state: "detached" });
});

/** Takes the README's screenshots from the running product. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { Windows } from "../tests/browser/chromium.ts";
import { bubble, logIn, placeOrder, sendMessage, waitForStatus } from "../tests/browser/steps.ts";
import { startSystem } from "../tests/browser/system.ts";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));

/** Places orders, writes about them, and takes screenshots. */
export default async function screenshots(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const system = await startSystem();
  const windows = await Windows.open(system.url);
  const picture = async (page: Page, name: string) => {
    // Wait until transitions are over, and hide the text cursor.
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${FOLDER}${name}.png`, caret: "hide" });
  };
  const large = { viewport: { width: 1280, height: 800 } };
  const { page: mia } = await windows.window(large);
  const { page: leo } = await windows.window(large);
  const { page: grace } = await windows.window(large);

  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Reading chair");
  await sendMessage(leo, "Does the chair come assembled?");
  await waitForStatus(leo, "assembled", "Sent");
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Rubber plant");
  await placeOrder(mia, "Headphones");
  await sendMessage(mia, "Do they fold?");
  await waitForStatus(mia, "Do they fold?", "Sent");
  await mia.getByRole("link", { name: "Shop", exact: true }).click();
  for (const title of ["Desk lamp", "Stoneware mug"]) await mia.getByRole("button", { name: `Add ${title}` }).click();
  await picture(mia, "checkout");
  await mia.getByRole("button", { name: "Place the order" }).click();
  await mia.getByRole("textbox", { name: "Message" }).waitFor();

  await logIn(grace, "Grace Okafor");
  await grace.getByRole("link", { name: /Desk lamp/ }).click();
  await grace.getByText("Mia Berger is online").waitFor();
  await sendMessage(mia, "Hello! Is the lamp bright enough to read by?");
  await bubble(grace, "bright enough").waitFor();
  await sendMessage(grace, "It is: 800 lumen, in three steps. You can turn it down to a glow for the evening.");
  await bubble(mia, "800 lumen").waitFor();
  await sendMessage(mia, "Wonderful. And does it fit a table that is two centimetres thick?");
  await bubble(grace, "two centimetres").waitFor();
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Confirm the order" }).click();
  await mia.locator(".system", { hasText: "Order confirmed" }).waitFor();
  await sendMessage(grace, "It stands on its own foot, so any table will do. I have confirmed your order, it leaves tomorrow.");
  await bubble(mia, "leaves tomorrow").waitFor();
  await waitForStatus(grace, "leaves tomorrow", "Read");
  await grace.getByRole("textbox", { name: "Message" }).pressSequentially("Would you like", { delay: 5 });
  await mia.locator(".typing").getByText("Grace Okafor is typing…").waitFor();
  await picture(mia, "customer");
  await sendMessage(leo, "And how long does it take?");
  await grace.getByRole("navigation", { name: "Conversations" }).getByText("And how long does it take?").waitFor();
  await picture(grace, "admin");
  await grace.emulateMedia({ colorScheme: "dark" });
  await picture(grace, "admin-dark");

  const { page: phone } = await windows.window({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  await logIn(phone, "Mia Berger");
  await phone.getByRole("navigation", { name: "Conversations" }).getByText(/leaves tomorrow/).waitFor();
  await picture(phone, "phone-list");
  await phone.getByRole("link", { name: /Desk lamp/ }).click();
  await bubble(phone, "leaves tomorrow").waitFor();
  await picture(phone, "phone-chat");
  await windows.close();
  await system.stop();
}

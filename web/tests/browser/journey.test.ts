import { expect, test } from "vitest";
import { bubble, checkAccessibility, chooseAction, logIn, sendMessage, waitForStatus } from "./steps.ts";
import { browserSetup } from "./setup.ts";

const setup = browserSetup();

test("a customer and an admin chat about an order, from the first click to the last status", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();

  await mia.goto("/");
  await checkAccessibility(mia, "log-in");
  await logIn(grace, "Grace Okafor");
  await grace.getByText("Waiting for orders").waitFor();
  await checkAccessibility(grace, "admin-empty");

  await logIn(mia, "Mia Berger");
  await mia.getByText("Chat with the shop about your orders").waitFor();
  await checkAccessibility(mia, "customer-empty");

  await mia.getByRole("link", { name: "Shop", exact: true }).click();
  await mia.getByRole("button", { name: "Add Desk lamp" }).click();
  await mia.getByRole("button", { name: "Add Stoneware mug" }).click();
  await mia.getByRole("group", { name: "Quantity: Stoneware mug" }).getByRole("button", { name: "Increase quantity" }).click();
  await mia.getByRole("textbox", { name: "A note for the shop" }).fill("Please ring twice.");
  await checkAccessibility(mia, "checkout");
  await mia.getByRole("button", { name: "Place the order" }).click();
  await mia.waitForURL(/\/orders\/cnv_/);
  await mia.getByText("Order placed").first().waitFor();

  // The admin gets a notice, and the list shows the order with its unread count.
  await grace.getByRole("region", { name: "New orders" }).getByText("New order from Mia Berger").waitFor();
  await checkAccessibility(grace, "admin-new-order");
  await grace.getByRole("region", { name: "New orders" }).getByRole("link").click();
  await grace.getByRole("heading", { name: /Desk lamp/ }).waitFor();
  await grace.getByText("Mia Berger is online").waitFor();
  await mia.getByText("The shop is online").waitFor();

  await sendMessage(mia, "Hello! Is the lamp bright enough to read by?");
  await bubble(grace, "bright enough").waitFor();
  await waitForStatus(mia, "bright enough", "Read");

  // The typing indicator appears, and disappears when the message arrives.
  await grace.getByRole("textbox", { name: "Message" }).pressSequentially("It is. See https://shop.example/lamp.", { delay: 5 });
  await mia.locator(".typing").getByText("Grace Okafor is typing…").waitFor();
  // The typing indicator must not interrupt a screen reader.
  expect(await mia.locator(".typing").evaluate((line) => line.closest("[role=status], [aria-live]"))).toBe(null);
  await grace.keyboard.press("Enter");
  await bubble(mia, "It is. See").waitFor();
  await mia.locator(".typing").getByText("is typing").waitFor({ state: "detached" });
  const link = mia.getByRole("link", { name: "https://shop.example/lamp", exact: true });
  expect(await link.getAttribute("href")).toBe("https://shop.example/lamp");
  expect(await link.getAttribute("rel")).toContain("noopener");
  await waitForStatus(grace, "It is. See", "Read");

  // Shift+Enter inserts a line break, and HTML is shown as text.
  const field = mia.getByRole("textbox", { name: "Message" });
  await field.pressSequentially("Wonderful.");
  await field.press("Shift+Enter");
  await field.pressSequentially("<b>Thank you</b> <img src=x onerror=alert(1)>");
  await field.press("Enter");
  await bubble(grace, "<b>Thank you</b>").waitFor();
  expect(await bubble(grace, "Wonderful.").locator(".body").innerText()).toBe("Wonderful.\n<b>Thank you</b> <img src=x onerror=alert(1)>");

  for (const [action, words] of [["Confirm the order", "Order confirmed"], ["Complete the order", "Order completed"]] as const) {
    await chooseAction(grace, action);
    await mia.locator(".system", { hasText: words }).waitFor();
    await grace.locator(".system", { hasText: words }).waitFor();
  }
  await mia.locator(".chat-header .badge", { hasText: "Completed" }).waitFor();
  await mia.locator('.card[data-status="completed"] .card-count', { hasText: "1" }).waitFor();
  await mia.getByText("Order details").click();
  await mia.getByText("Please ring twice.").waitFor();
  await checkAccessibility(mia, "customer-chat");
  await checkAccessibility(grace, "admin-chat");

  // Nobody can write in a closed conversation. After it is reopened, they can.
  await grace.getByRole("button", { name: "Actions" }).click();
  await checkAccessibility(grace, "admin-actions");
  await grace.getByRole("menuitem", { name: "Close the conversation" }).click();
  await mia.getByText("This conversation is closed.").waitFor();
  await checkAccessibility(mia, "closed");
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Reopen the conversation" }).click();
  await mia.getByRole("textbox", { name: "Message" }).waitFor();
});

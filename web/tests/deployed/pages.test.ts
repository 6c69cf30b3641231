import { request } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Window, Windows } from "../browser/chromium.ts";
import { bubble, logIn, placeOrder, sendMessage, waitForStatus } from "../browser/steps.ts";
import { type Edge, openEdge } from "./edge.ts";

const requiredVariable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: \`cargo xtask sam\` runs these tests.`);
  return value;
};

/**
 * The emulator's URL, CloudFront's URL, the S3 bucket of the pages, the REST API's URL, and the key
 * that signs tokens.
 */
const [emulator, web, files, api, secret] = ["EMULATOR", "WEB_URL", "WEB_FILES", "HTTP_URL", "JWT_SECRET"].map((name) => requiredVariable(`ORDER_CHAT_${name}`)) as [
  string,
  string,
  string,
  string,
  string,
];

let edge: Edge;
let windows: Windows;

beforeAll(async () => {
  edge = await openEdge(emulator, secret);
  windows = await Windows.open(web, [new URL(api).host], [`--host-resolver-rules=MAP *:443 127.0.0.1:${edge.port}`]);
});
afterEach(() => windows.closeWindows());
afterAll(async () => {
  await windows.close();
  await edge.close();
});

const openWindow = (): Promise<Window> => windows.window({ ignoreHTTPSErrors: true });

test("two people chat through CloudFront and API Gateway without console errors", async () => {
  const [{ page: mia }, { page: grace }] = [await openWindow(), await openWindow()];
  await logIn(grace, "Grace Okafor");
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  await grace.getByRole("region", { name: "New orders" }).getByRole("link").click();
  await grace.getByText("Mia Berger is online").waitFor();
  await sendMessage(mia, "Is it bright?");
  await bubble(grace, "Is it bright?").waitFor();
  await waitForStatus(mia, "Is it bright?", "Read");
  await sendMessage(grace, "Very.");
  await bubble(mia, "Very.").waitFor();
  // A deep link loads the page, also on the first request.
  await mia.reload();
  await bubble(mia, "Very.").waitFor();
  // Requests to other hosts, and anything else that the Content-Security-Policy blocks, would be
  // logged in the console.
  expect(windows.consoleMessages).toEqual([]);
});

/** Fetches a path from within the page. */
async function fetchInPage(page: Window["page"], path: string, method = "GET") {
  return page.evaluate(
    async ([path, method]) => {
      const response = await fetch(path, { method });
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    },
    [path, method] as const,
  );
}

test("CloudFront answers with the right status, content type and security headers", async () => {
  const { page } = await openWindow();
  await page.goto("/");
  const html = await page.content();
  const asset = /"(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";
  const table: readonly [path: string, status: number, type: string, kept: string][] = [
    ["/", 200, "text/html", "no-cache"],
    ["/orders/cnv_aaaaaaaaaaaaaaaaaaaaaaaaaa", 200, "text/html", "no-cache"],
    ["/icon.svg", 200, "image/svg+xml", "no-cache"],
    [asset, 200, "text/javascript", "public, max-age=31536000, immutable"],
    ["/config.json", 200, "application/json", "no-cache"],
    ["/assets/none.js", 403, "application/xml", ""],
    ["/none/index.html", 403, "application/xml", ""],
  ];
  for (const [path, status, type, kept] of table) {
    const answer = await fetchInPage(page, path);
    expect([answer.status, answer.headers["content-type"], answer.headers["cache-control"] ?? ""], path).toEqual([status, type, kept]);
    // A response that a CloudFront function creates has no security headers. It is not a page.
    if (path === "/config.json") continue;
    expect(answer.headers, path).toMatchObject({
      "content-security-policy": expect.stringMatching(/^default-src 'none'; script-src 'self'; /),
      "permissions-policy": "camera=(), geolocation=(), microphone=()",
      "referrer-policy": "no-referrer",
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  }
  expect(JSON.parse((await fetchInPage(page, "/config.json")).body)).toEqual({ api });
  expect((await fetchInPage(page, "/", "POST")).status).toBe(403);
  // The browser logs what the policy blocks. Here that is expected.
  await page.evaluate(() => Promise.allSettled([fetch("https://elsewhere.example/")]));
  expect(windows.consoleMessages.splice(0)).toContainEqual(expect.stringMatching(/elsewhere\.example.* violates .*Content Security Policy/));
});

/** Sends a plain HTTP request to the emulator with this Host header. */
function requestOverHttp(host: string, path: string): Promise<{ status: number | undefined; location: string | undefined }> {
  const { hostname, port } = new URL(emulator);
  return new Promise((done, fail) => {
    const asked = request({ hostname, port, path, headers: { host } }, (answer) => {
      answer.resume();
      done({ status: answer.statusCode, location: answer.headers.location });
    });
    asked.on("error", fail).end();
  });
}

test("plain HTTP is redirected, and the bucket cannot be read directly", async () => {
  expect(await requestOverHttp(new URL(web).host, "/orders")).toEqual({ status: 301, location: `${web}/orders` });
  expect(await requestOverHttp(new URL(emulator).host, `/${files}/index.html`)).toMatchObject({ status: 403 });
});

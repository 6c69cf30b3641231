import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from "playwright-core";

/** Where Debian puts it. */
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

const OPTIONS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A window of its own: who is logged in in one is not in the other. */
export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
}

/** A browser whose every window has to stay without a word in the console. */
export class Windows {
  /** What was said in a console, was thrown, or went to another host. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #url: string;
  readonly #hosts: readonly string[];
  readonly #folder: string;

  private constructor(browser: Browser, url: string, hosts: readonly string[], folder: string) {
    this.#browser = browser;
    this.#url = url;
    this.#hosts = hosts;
    this.#folder = folder;
  }

  /** Starts Chromium, with more options if need be; installs it where that is possible. Beside the pages' own host these may be asked. */
  static async open(url: string, hosts: readonly string[] = [], options: readonly string[] = []): Promise<Windows> {
    install();
    const folder = await mkdtemp(join(tmpdir(), "order-chat-browser-"));
    // A launch has a new, empty profile of its own; the folder keeps what else it writes apart.
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...OPTIONS, ...options],
      env: { ...process.env, TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
    });
    return new Windows(browser, url, [new URL(url).host, ...hosts], folder);
  }

  /** A new window with storage of its own. */
  async window(options: BrowserContextOptions = {}): Promise<Window> {
    const viewport = { width: 1280, height: 800 };
    const context = await this.#browser.newContext({ baseURL: this.#url, viewport, locale: "en-GB", colorScheme: "light", ...options });
    context.setDefaultTimeout(10_000);
    context.on("page", (page) => this.#listen(page));
    return { page: await context.newPage(), context };
  }

  /** Keeps a picture of every page, to see what went wrong. */
  async keepPictures(folder: string): Promise<void> {
    const pages = this.#browser.contexts().flatMap((context) => context.pages());
    await Promise.all(pages.map((page, index) => page.screenshot({ path: join(folder, `${index + 1}.png`) })));
  }

  /** Closes every window, so that the next test begins without them. */
  async closeWindows(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listen(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(`thrown: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const { host, protocol } = new URL(request.url());
      if (!this.#hosts.includes(host) && protocol !== "blob:") this.complaints.push(`another host: ${request.url()}`);
    });
  }
}

function install(): void {
  if (existsSync(CHROMIUM)) return;
  const steps = "apt-get update && apt-get install --yes --no-install-recommends chromium";
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new Error(`The browser tests need Chromium at ${CHROMIUM} (on Debian: ${steps}); another place is set by CHROMIUM.`);
  }
  process.stderr.write(`installing Chromium (${steps}) …\n`);
  execFileSync("sh", ["-c", steps], { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

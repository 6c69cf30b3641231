import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from "playwright-core";

/** The path of Chromium on Debian. */
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

/** A browser window with its own storage and log-in. */
export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
}

/** A browser that records errors and warnings in the consoles of its windows. */
export class Windows {
  /** Console errors and warnings, uncaught errors, and requests to other hosts. */
  readonly consoleMessages: string[] = [];
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

  /**
   * Starts Chromium, and installs it if possible. The pages may also send requests to `hosts`.
   * `options` are more command-line options.
   */
  static async open(url: string, hosts: readonly string[] = [], options: readonly string[] = []): Promise<Windows> {
    install();
    const folder = await mkdtemp(join(tmpdir(), "order-chat-browser-"));
    // Each launch has a new, empty profile. The folder takes Chromium's other files.
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...OPTIONS, ...options],
      env: { ...process.env, TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
    });
    return new Windows(browser, url, [new URL(url).host, ...hosts], folder);
  }

  /** Opens a new window with its own storage. */
  async window(options: BrowserContextOptions = {}): Promise<Window> {
    const viewport = { width: 1280, height: 800 };
    const context = await this.#browser.newContext({ baseURL: this.#url, viewport, locale: "en-GB", colorScheme: "light", ...options });
    context.setDefaultTimeout(20_000);
    context.on("page", (page) => this.#listen(page));
    return { page: await context.newPage(), context };
  }

  /** Saves a screenshot of every page, to help find the cause of a failure. */
  async keepPictures(folder: string): Promise<void> {
    const pages = this.#browser.contexts().flatMap((context) => context.pages());
    await Promise.all(pages.map((page, index) => page.screenshot({ path: join(folder, `${index + 1}.png`) })));
  }

  /** Closes all windows. */
  async closeWindows(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  /** Closes the browser. */
  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listen(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.consoleMessages.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.consoleMessages.push(`thrown: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const { host, protocol } = new URL(request.url());
      if (!this.#hosts.includes(host) && protocol !== "blob:") this.consoleMessages.push(`another host: ${request.url()}`);
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

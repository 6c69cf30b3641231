import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/**
 * Time-out until the pages are served, in milliseconds. They may have to be installed and built
 * first.
 */
const START_TIMEOUT = 240_000;

/** A local system with empty tables. */
export interface System {
  /** Its base URL: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Stops the process. */
  stop(): Promise<void>;
}

/** Starts the local system on a free port, and waits until it serves the pages. */
export async function startSystem(): Promise<System> {
  const binary = process.env["ORDER_CHAT_BIN"] ?? builtBinary();
  const running = spawn(binary, ["--port", "0", "--memory"], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => running.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((done) => running.once("exit", () => done()));
  const url = await new Promise<string>((done, fail) => {
    let output = "";
    running.once("error", fail);
    running.once("exit", (code) => fail(new Error(`${binary} ended with ${code}`)));
    running.stdout.on("data", (data: Buffer) => {
      output += data.toString();
      const found = /^listening on (\S+)$/m.exec(output);
      if (found?.[1] !== undefined) done(found[1]);
    });
  });
  const until = Date.now() + START_TIMEOUT;
  for (let page = await fetch(url); !page.ok; page = await fetch(url)) {
    if (!page.headers.has("retry-after")) throw new Error("The pages are not available; the lines above show the error.");
    if (Date.now() > until) throw new Error("The pages were not built in time.");
    await new Promise((done) => setTimeout(done, 200));
  }
  return {
    url,
    stop: async () => {
      process.off("exit", kill);
      running.kill("SIGTERM");
      const impatient = setTimeout(() => running.kill("SIGKILL"), 8_000);
      await ended;
      clearTimeout(impatient);
    },
  };
}

function builtBinary(): string {
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], { cwd: ROOT, encoding: "utf8" });
  const { target_directory: target } = JSON.parse(metadata) as { target_directory: string };
  const binary = resolve(target, "debug/order-chat");
  if (!existsSync(binary)) execFileSync("cargo", ["build", "--workspace", "--bin", "order-chat", "--test", "logs"], { cwd: ROOT, stdio: "inherit" });
  return binary;
}

import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Windows } from "./chromium.ts";
import { RESULTS } from "./steps.ts";
import { type System, startSystem } from "./system.ts";

/** Chromium logs every failed request. */
export const FAILED_REQUEST = /Failed to load resource/;

/** Chromium logs failed requests and connections when it is offline. */
export const NO_NETWORK = /ERR_INTERNET_DISCONNECTED|Failed to load resource|WebSocket connection/;

/** A running system and a browser for the tests of one file. */
export interface BrowserSetup {
  readonly system: System;
  readonly windows: Windows;
  /** Allows console messages that a test causes on purpose. */
  allowConsoleMessages(pattern: RegExp): void;
}

/**
 * Starts a system and a browser before the tests of a file, and stops them after. A test fails if a
 * page logs an error or a warning.
 */
export function browserSetup(): BrowserSetup {
  let system: System | undefined;
  let windows: Windows | undefined;
  let expected: RegExp[] = [];
  const running = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error("Nothing is running yet.");
    return part;
  };
  beforeAll(async () => {
    system = await startSystem();
    windows = await Windows.open(system.url);
  });
  afterEach(async ({ task }) => {
    try {
      if (task.result?.state === "fail") await windows?.keepPictures(resolve(RESULTS, "failed"));
      const consoleMessages = windows?.consoleMessages.splice(0) ?? [];
      expect(consoleMessages.filter((text) => !expected.some((pattern) => pattern.test(text)))).toEqual([]);
    } finally {
      expected = [];
      await windows?.closeWindows();
    }
  });
  afterAll(async () => {
    await windows?.close();
    await system?.stop();
  });
  return {
    get system() {
      return running(system);
    },
    get windows() {
      return running(windows);
    },
    allowConsoleMessages: (pattern) => void expected.push(pattern),
  };
}

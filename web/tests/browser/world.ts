import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Windows } from "./chromium.ts";
import { RESULTS } from "./steps.ts";
import { type System, startSystem } from "./system.ts";

/** The browser itself writes every failed request into the console. */
export const FAILED_REQUEST = /Failed to load resource/;

/** And without a network that there is none. */
export const NO_NETWORK = /ERR_INTERNET_DISCONNECTED|Failed to load resource|WebSocket connection/;

/** A running system and a browser for the tests of a file. */
export interface World {
  readonly system: System;
  readonly windows: Windows;
  /** Complaints that a test brings about on purpose: taken out before they are looked at. */
  expectComplaints(pattern: RegExp): void;
}

/** Starts both before the tests of a file, ends both after them; no test may leave a complaint in a console. */
export function inTheBrowser(): World {
  let system: System | undefined;
  let windows: Windows | undefined;
  let expected: RegExp[] = [];
  const begun = <Part>(part: Part | undefined): Part => {
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
      const complaints = windows?.complaints.splice(0) ?? [];
      expect(complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)))).toEqual([]);
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
      return begun(system);
    },
    get windows() {
      return begun(windows);
    },
    expectComplaints: (pattern) => void expected.push(pattern),
  };
}

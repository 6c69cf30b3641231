import { isSamePerson } from "../client/index.ts";
import type { Person } from "../protocol.ts";
import { session } from "./storage.ts";

/** The person who is logged in in this tab. Each tab can have another person. */
export interface LogIn {
  readonly me: Person;
  readonly token: string;
}

const KEY = "order-chat/session";

/** Time-out of a token request, in milliseconds. */
const PATIENCE = 15_000;

/** Returns the stored log-in of this tab. */
export function remembered(): LogIn | undefined {
  try {
    const value: unknown = JSON.parse(session.getItem(KEY) ?? "null");
    return typeof value === "object" && value !== null && "me" in value ? (value as LogIn) : undefined;
  } catch {
    return undefined;
  }
}

/** Stores the log-in until the tab is closed. `undefined` removes it. */
export function remember(logIn: LogIn | undefined): void {
  if (logIn === undefined) session.removeItem(KEY);
  else session.setItem(KEY, JSON.stringify(logIn));
}

/** Stores a person's renewed token. Does nothing if this person has logged out meanwhile. */
export function rememberToken(me: Person, token: string): void {
  const held = remembered()?.me;
  if (held !== undefined && isSamePerson(held, me)) remember({ me, token });
}

/**
 * Requests a token for a demo person. Only the local system issues these tokens; in production the
 * shop's own identity provider does. Returns `undefined` if the server refuses, and throws if it
 * fails.
 */
export async function demoToken({ userId, role, name }: Person): Promise<string | undefined> {
  const response = await fetch("/dev/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sub: userId, role, name }),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.status >= 500) throw new Error("The server has no token right now.");
  if (!response.ok) return undefined;
  const answer = (await response.json()) as { token: string };
  return answer.token;
}

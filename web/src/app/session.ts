import { isSamePerson } from "../client/index.ts";
import type { DemoPerson } from "./demo.ts";
import { tabStorage } from "./storage.ts";

/** The person who is logged in in this tab. Each tab can have another person. */
export interface LogIn {
  readonly me: DemoPerson;
  readonly token: string;
}

const KEY = "order-chat/session";

/** Time-out of a token request, in milliseconds. */
const TOKEN_TIMEOUT = 15_000;

/** Returns the stored log-in of this tab. */
export function storedLogIn(): LogIn | undefined {
  try {
    const value: unknown = JSON.parse(tabStorage.getItem(KEY) ?? "null");
    return typeof value === "object" && value !== null && "me" in value ? (value as LogIn) : undefined;
  } catch {
    return undefined;
  }
}

/** Stores the log-in until the tab is closed. `undefined` removes it. */
export function storeLogIn(logIn: LogIn | undefined): void {
  if (logIn === undefined) tabStorage.removeItem(KEY);
  else tabStorage.setItem(KEY, JSON.stringify(logIn));
}

/** Stores a person's renewed token. Does nothing if this person has logged out meanwhile. */
export function storeToken(me: DemoPerson, token: string): void {
  const held = storedLogIn()?.me;
  if (held !== undefined && isSamePerson(held, me)) storeLogIn({ me, token });
}

/**
 * Requests a token for a demo person. Only the local system issues these tokens; in production the
 * shop's own identity provider does. Returns `undefined` if the server refuses, and throws if it
 * fails.
 */
export async function demoToken({ userId, role, name, agent }: DemoPerson): Promise<string | undefined> {
  const response = await fetch("/dev/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sub: userId, role: agent === true ? "agent" : role, name }),
    signal: AbortSignal.timeout(TOKEN_TIMEOUT),
  });
  if (response.status >= 500) throw new Error("The server could not issue a token.");
  if (!response.ok) return undefined;
  const answer = (await response.json()) as { token: string };
  return answer.token;
}

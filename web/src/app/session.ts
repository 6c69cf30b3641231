import { isSamePerson } from "../client/index.ts";
import type { Person } from "../protocol.ts";
import { session } from "./storage.ts";

/** Who is logged in in this tab. Another tab may be somebody else. */
export interface LogIn {
  readonly me: Person;
  readonly token: string;
}

const KEY = "order-chat/session";

/** Asking for a token takes no longer, in milliseconds. */
const PATIENCE = 15_000;

/** Who is logged in here, if anybody is. */
export function remembered(): LogIn | undefined {
  try {
    const value: unknown = JSON.parse(session.getItem(KEY) ?? "null");
    return typeof value === "object" && value !== null && "me" in value ? (value as LogIn) : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers who is logged in for as long as the tab lives. */
export function remember(logIn: LogIn | undefined): void {
  if (logIn === undefined) session.removeItem(KEY);
  else session.setItem(KEY, JSON.stringify(logIn));
}

/** Remembers a person's new token, unless they have left meanwhile: a log-out is not undone by an answer that comes late. */
export function rememberToken(me: Person, token: string): void {
  const held = remembered()?.me;
  if (held !== undefined && isSamePerson(held, me)) remember({ me, token });
}

/**
 * Gets a token for a person of the demonstration. Only the local system hands them out; elsewhere the shop's own identity provider does,
 * and this answers `undefined`.
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

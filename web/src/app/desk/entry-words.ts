import { isSamePerson } from "../../client/index.ts";
import type { DeskEntry, Person, SlaKind, TagId } from "../../protocol.ts";
import { joinNames } from "../format.ts";
import { priorityWords } from "./priorities.ts";
import { when } from "./when.ts";

/** A part of a line: the page's own words, or a name that somebody gave. */
export type Part = string | { readonly name: string };

/** What a line needs to know. */
export interface LineContext {
  /** The person who reads it. */
  readonly me: Pick<Person, "userId" | "role">;
  /** Returns the name of an admin, if it is known. */
  readonly admin: (userId: string) => string | undefined;
  /** Returns the name of a tag; undefined if it was deleted. */
  readonly tag: (id: TagId) => string | undefined;
  /** The current time, in milliseconds since 1970. */
  readonly now: number;
}

const MISSED: Readonly<Record<SlaKind, string>> = {
  first_response: "The first response is late",
  next_response: "The next response is late",
  resolution: "The resolution is late",
};

/**
 * Returns the line about an entry of the shop's log. There is none for a note, which is shown as a
 * whole, for a type of a later release, and for tags that were deleted.
 */
export function lineOf(entry: DeskEntry, context: LineContext): readonly Part[] | undefined {
  const mine = isSamePerson(entry.by, context.me);
  const by: Part = mine ? "You" : { name: entry.by.name };
  switch (entry.type) {
    case "assigned":
      return assigned(entry.to, by, entry.by.userId, context);
    case "tagged":
      return tagged(entry.add, entry.remove, by, context);
    case "prioritized":
      return entry.to === "none" ? [by, " removed the priority"] : [by, ` set the priority to ${priorityWords(entry.to).toLowerCase()}`];
    case "snoozed":
      return [by, entry.until === undefined ? " snoozed this until the customer writes" : ` snoozed this until ${when(entry.until, context.now)}`];
    case "woken":
      return entry.by.role === "system" ? ["The snooze has ended"] : [by, " ended the snooze"];
    case "settled":
      return [by, " decided that no answer is needed"];
    case "sla_breached":
      return [`${MISSED[entry.sla] ?? "A time of the SLA is over"} (due ${when(entry.due, context.now)})`];
    case "note":
    default:
      return undefined;
  }
}

/** Returns a line as a text. */
export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === "string" ? part : part.name)).join("");
}

function assigned(to: string | undefined, by: Part, author: string, { me, admin }: LineContext): readonly Part[] {
  if (to === undefined) return [by, " assigned this to nobody"];
  if (to === author) return by === "You" ? ["You assigned this to yourself"] : [by, " took this on"];
  if (to === me.userId) return [by, " assigned this to you"];
  const name = admin(to);
  return [by, " assigned this to ", name === undefined ? "another admin" : { name }];
}

function tagged(add: readonly TagId[], remove: readonly TagId[], by: Part, { tag }: LineContext): readonly Part[] | undefined {
  const added = named("added", add.flatMap((id) => tag(id) ?? []));
  const removed = named("removed", remove.flatMap((id) => tag(id) ?? []));
  if (added.length + removed.length === 0) return undefined;
  return [by, ...added, ...(added.length > 0 && removed.length > 0 ? [" and"] : []), ...removed];
}

function named(did: string, names: readonly string[]): readonly Part[] {
  if (names.length === 0) return [];
  return [` ${did} the ${names.length === 1 ? "tag" : "tags"} `, { name: joinNames(names) }];
}

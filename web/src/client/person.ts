import type { Person } from "../protocol.ts";

/** Identifies a person. An admin and a customer can have the same user id. */
export type PersonId = Pick<Person, "userId" | "role">;

/** Returns true if both are the same person. */
export function isSamePerson(one: PersonId, other: PersonId): boolean {
  return one.userId === other.userId && one.role === other.role;
}

/** Returns a unique key of a person. It contains exactly one `/`. */
export function personKey({ role, userId }: PersonId): string {
  return `${role}/${encodeURIComponent(userId)}`;
}

import type { Person } from "../protocol.ts";

/** What tells one person from another: an admin's id may be a customer's too. */
export type PersonId = Pick<Person, "userId" | "role">;

/** Whether both are the same person. */
export function isSamePerson(one: PersonId, other: PersonId): boolean {
  return one.userId === other.userId && one.role === other.role;
}

/** A text that no other person has, without a `/` but the one in it. */
export function personKey({ role, userId }: PersonId): string {
  return `${role}/${encodeURIComponent(userId)}`;
}

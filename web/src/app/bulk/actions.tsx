import { AlarmClock, Archive, Flag, Lock, MessageSquare, PackageCheck, Tags, UserRound } from "lucide-react";
import type { ReactNode } from "react";

/** What can be done in many conversations. */
export type Kind = "message" | "orderStatus" | "assign" | "tag" | "prioritize" | "snooze" | "archive" | "close";

/** A kind as people read it. */
export interface KindWords {
  readonly kind: Kind;
  /** In the menu. */
  readonly label: string;
  readonly icon: ReactNode;
  /** The heading of the dialog, for so many. */
  readonly title: (count: string) => string;
  /** The button that does it, for so many. */
  readonly confirm: (count: string) => string;
}

/** All kinds, in the order of the menu. */
export const KINDS: readonly KindWords[] = [
  { kind: "message", label: "Reply…", icon: <MessageSquare size={16} aria-hidden />, title: (count) => `Reply in ${count}`, confirm: (count) => `Send in ${count}` },
  { kind: "assign", label: "Assign…", icon: <UserRound size={16} aria-hidden />, title: (count) => `Assign ${count}`, confirm: (count) => `Assign ${count}` },
  { kind: "tag", label: "Tag…", icon: <Tags size={16} aria-hidden />, title: (count) => `Tag ${count}`, confirm: (count) => `Change the tags of ${count}` },
  { kind: "prioritize", label: "Set the priority…", icon: <Flag size={16} aria-hidden />, title: (count) => `Set the priority of ${count}`, confirm: (count) => `Set the priority of ${count}` },
  { kind: "snooze", label: "Snooze…", icon: <AlarmClock size={16} aria-hidden />, title: (count) => `Snooze ${count}`, confirm: (count) => `Snooze ${count}` },
  { kind: "orderStatus", label: "Change the order status…", icon: <PackageCheck size={16} aria-hidden />, title: (count) => `Change the order status of ${count}`, confirm: (count) => `Change ${count}` },
  { kind: "archive", label: "Archive…", icon: <Archive size={16} aria-hidden />, title: (count) => `Archive ${count}`, confirm: (count) => `Archive ${count}` },
  { kind: "close", label: "Close…", icon: <Lock size={16} aria-hidden />, title: (count) => `Close ${count}`, confirm: (count) => `Close ${count}` },
];

const COUNT = new Intl.NumberFormat("en");

/** Formats a number: `1,000`. */
export function counted(count: number): string {
  return COUNT.format(count);
}

/** Formats a number of conversations. */
export function conversations(count: number): string {
  return count === 1 ? "1 conversation" : `${counted(count)} conversations`;
}

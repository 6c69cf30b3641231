import type { Message, Person } from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { type Pending, type Stored, idOf, isChange, isDecision, isMessage, isNote } from "./pending.ts";
import { personKey } from "./person.ts";
import { keysOf } from "./storage-keys.ts";

/** The result of something pending, which the sending tab stores for the other tabs. */
interface Outcome {
  /** What is stored. Absent for a message. */
  readonly stored?: Stored;
  /** The stored message. Absent for a note. */
  readonly sent?: Message;
  /** The time of the result by the device's clock, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Time for which an outcome is kept in the storage so that other tabs can read it, in milliseconds.
 */
const OUTCOME_KEPT_MS = 10_000;

/**
 * Stores what is pending in the browser. Each has its own key, so that tabs do not overwrite each
 * other's.
 *
 * This page also keeps its own in memory. A marker in the storage shows why one is missing there.
 * With the marker, another tab has sent or discarded it. Without it, the storage was cleared and it
 * is stored again.
 */
export class PendingStorage {
  readonly #environment: Pick<Environment, "storage" | "now">;
  /** The beginning of the keys of what is pending. */
  readonly prefix: string;
  readonly #outcomes: string;
  readonly #marker: string;
  /** What this page has written, by id. */
  readonly #memory = new Map<string, Pending>();
  /** The ids of those that could not be stored. */
  readonly #unwritten = new Set<string>();
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Pick<Environment, "storage" | "now">, me: Person) {
    this.#environment = environment;
    this.prefix = `order-chat/outbox/${personKey(me)}/`;
    this.#outcomes = `order-chat/outcomes/${personKey(me)}/`;
    this.#marker = `order-chat/outbox-marker/${personKey(me)}`;
  }

  /** What is pending or has failed, in the order of writing. */
  get pending(): readonly Pending[] {
    const all = this.#stored();
    for (const [id, pending] of this.#memory) if (!all.has(id) && !this.#isSettled(id)) all.set(id, pending);
    return [...all.values()].sort((one, other) => one.writtenAt - other.writtenAt);
  }

  /** True if something could not be stored and would be lost with the page. */
  get unstored(): boolean {
    return this.#unwritten.size > 0;
  }

  /** Returns true if a storage key belongs to this storage; `null` stands for all keys. */
  owns(key: string | null): boolean {
    return key === null || key.startsWith(this.prefix) || key.startsWith(this.#outcomes);
  }

  /**
   * Synchronizes memory and storage. Returns the ids of those that another tab has sent or
   * discarded.
   */
  synchronize(): readonly string[] {
    const stored = this.#stored();
    const missing = [...this.#memory].filter(([id]) => !stored.has(id));
    const settled = missing.map(([id]) => id).filter((id) => this.#isSettled(id));
    for (const [id, pending] of missing) {
      if (settled.includes(id)) this.#memory.delete(id);
      else this.put(pending);
    }
    return settled;
  }

  /** Returns what the server has stored for something that another tab has sent. */
  outcomeOf(id: string): Stored | undefined {
    const outcome = parse<Outcome>(this.#environment.storage.getItem(this.#outcomes + id));
    return outcome?.stored ?? (outcome?.sent && { message: outcome.sent });
  }

  /** Stores it in its current state. */
  put(pending: Pending): void {
    const id = idOf(pending);
    const { storage } = this.#environment;
    this.#memory.set(id, pending);
    try {
      // Without the marker the storage was cleared. Once the marker is set, what is missing counts
      // as sent, so all are stored again.
      const missing = storage.getItem(this.#marker) === null ? [...this.#memory.values()] : [pending];
      for (const each of missing) storage.setItem(this.prefix + idOf(each), JSON.stringify(each));
      storage.setItem(this.#marker, "1");
      this.#unwritten.delete(id);
    } catch {
      // The storage is full or forbidden. It is kept in memory, and the stored version is outdated.
      storage.removeItem(this.prefix + id);
      this.#unwritten.add(id);
    }
  }

  /**
   * Removes what was discarded or sent. What the server has stored is kept as an outcome for the
   * other tabs.
   */
  remove(id: string, stored?: Stored): void {
    this.#memory.delete(id);
    this.#unwritten.delete(id);
    const { storage } = this.#environment;
    try {
      // Store the outcome first. Otherwise another tab could see neither the pending one nor its
      // outcome.
      if (isTold(stored)) storage.setItem(this.#outcomes + id, JSON.stringify(outcomeOf(stored, this.#environment.now())));
    } catch {
      // The storage is full: the other tabs learn of it from the server.
    }
    storage.removeItem(this.prefix + id);
    this.#forgetting ??= setTimeout(() => this.forgetOutcomes(OUTCOME_KEPT_MS), OUTCOME_KEPT_MS);
  }

  /** Removes outcomes that are older than `age` milliseconds. The clock may have been set back. */
  forgetOutcomes(age: number): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = undefined;
    const { storage } = this.#environment;
    const now = this.#environment.now();
    for (const key of keysOf(storage, this.#outcomes)) {
      const outcome = parse<Outcome>(storage.getItem(key));
      if (outcome === undefined || Math.abs(now - outcome.at) >= age) storage.removeItem(key);
    }
  }

  /** Returns true if another tab has sent or discarded what this page has written. */
  #isSettled(id: string): boolean {
    return !this.#unwritten.has(id) && this.#environment.storage.getItem(this.#marker) !== null;
  }

  #stored(): Map<string, Pending> {
    const { storage } = this.#environment;
    const found = new Map<string, Pending>();
    for (const key of keysOf(storage, this.prefix)) {
      const pending = parse<Pending>(storage.getItem(key));
      // A later release may store something else.
      if (pending !== undefined && [isMessage, isChange, isNote, isDecision].some((is) => is(pending))) found.set(idOf(pending), pending);
    }
    return found;
  }
}

/** Returns false for a decision that has changed nothing, about which other tabs need not know. */
function isTold(stored: Stored | undefined): stored is Stored {
  return stored !== undefined && ("message" in stored || stored.entry !== undefined);
}

/** A tab of the release before reads `sent`, which it takes for its message. */
function outcomeOf(stored: Stored, at: number): Outcome {
  return "message" in stored && !("change" in stored) ? { sent: stored.message, at } : { stored, at };
}

/** Parses a value that this library has stored. Returns `undefined` if that fails. */
function parse<Value>(text: string | null): Value | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? (value as Value) : undefined;
  } catch {
    return undefined;
  }
}

import type { ConversationId, Person } from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { personKey } from "./person.ts";

/** The texts that a person has begun and not sent, one for each conversation. */
export type DraftTexts = ReadonlyMap<ConversationId, string>;

/**
 * Keeps a person's drafts in the browser's storage, one key for each conversation. A draft outlives the page and the log-in, and
 * only the person who wrote it gets it back. Where the storage is full or forbidden, drafts live as long as the page.
 */
export class Drafts {
  readonly #storage: Storage;
  readonly #prefix: string;
  readonly #texts: Map<ConversationId, string>;

  constructor({ storage }: Pick<Environment, "storage">, me: Person) {
    this.#storage = storage;
    this.#prefix = `order-chat/drafts/${personKey(me)}/`;
    this.#texts = this.#stored();
  }

  /** All drafts, as they are now. */
  get all(): DraftTexts {
    return new Map(this.#texts);
  }

  /** Replaces the draft of a conversation; an empty text removes it. */
  set(id: ConversationId, text: string): void {
    if (text === "") this.#texts.delete(id);
    else this.#texts.set(id, text);
    try {
      if (text === "") this.#storage.removeItem(this.#prefix + id);
      else this.#storage.setItem(this.#prefix + id, text);
    } catch {
      // The storage is full or forbidden: the draft stays in memory. The text before it is out of date.
      this.#storage.removeItem(this.#prefix + id);
    }
  }

  #stored(): Map<ConversationId, string> {
    const texts = new Map<ConversationId, string>();
    for (let index = 0; index < this.#storage.length; index += 1) {
      const key = this.#storage.key(index);
      if (key === null || !key.startsWith(this.#prefix)) continue;
      const text = this.#storage.getItem(key);
      if (text !== null && text !== "") texts.set(key.slice(this.#prefix.length), text);
    }
    return texts;
  }
}

import type { ConversationId, Person } from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { personKey } from "./person.ts";
import { keysOf } from "./storage-keys.ts";

/** A person's drafts by conversation. */
export type DraftTexts = ReadonlyMap<ConversationId, string>;

/** Returns the key of the draft of a note, which is apart from that of a message. */
export function noteDraft(id: ConversationId): string {
  return `${id}/note`;
}

/**
 * Stores a person's drafts in the browser, one key for each conversation. A draft is kept after a
 * reload and a log-out, and only its author gets it back. If the storage is full or forbidden,
 * drafts are kept until the page is closed.
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

  /** All drafts. */
  get all(): DraftTexts {
    return new Map(this.#texts);
  }

  /** Replaces the draft of a conversation. An empty text removes it. */
  set(id: ConversationId, text: string): void {
    if (text === "") this.#texts.delete(id);
    else this.#texts.set(id, text);
    this.#write(id, text);
  }

  /**
   * Call it when another tab has changed a storage key; `null` stands for all keys. Returns true if
   * a draft has changed. The draft of the conversation that is `open` in this tab is not replaced.
   */
  storageChanged(key: string | null, open: ConversationId | undefined): boolean {
    if (key === null) for (const [id, text] of this.#texts) this.#write(id, text);
    if (key === null || !key.startsWith(this.#prefix)) return false;
    const id = key.slice(this.#prefix.length);
    if (open !== undefined && (id === open || id === noteDraft(open))) return false;
    const text = this.#storage.getItem(key) ?? "";
    if (text === "") this.#texts.delete(id);
    else this.#texts.set(id, text);
    return true;
  }

  #write(id: ConversationId, text: string): void {
    try {
      if (text === "") this.#storage.removeItem(this.#prefix + id);
      else this.#storage.setItem(this.#prefix + id, text);
    } catch {
      // The storage is full or forbidden. The draft stays in memory, and the stored text is
      // outdated.
      this.#storage.removeItem(this.#prefix + id);
    }
  }

  #stored(): Map<ConversationId, string> {
    const texts = new Map<ConversationId, string>();
    for (const key of keysOf(this.#storage, this.#prefix)) {
      const text = this.#storage.getItem(key);
      if (text !== null && text !== "") texts.set(key.slice(this.#prefix.length), text);
    }
    return texts;
  }
}

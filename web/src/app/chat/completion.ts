import type { KeyboardEvent } from "react";

/** A list over the composer whose options complete the text. The composer's field keeps the focus. */
export interface Completion {
  /** The id of the list. */
  readonly list: string;
  /** The id of the chosen option. */
  readonly option: string;
  /** Handles a key of the field. Returns true if the key was for the list. */
  key(event: KeyboardEvent): boolean;
}

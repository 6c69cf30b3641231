import type { Conversation } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { joinNames } from "../format.ts";
import { filledIn, placeholdersIn } from "./placeholders.ts";
import { valuesOf } from "./values.ts";

/** The id of the words that say what is missing. */
export const UNFILLED_ID = "composer-unfilled";

/** Says which placeholders a text still has, and fills in what can be. The text is not sent with them. */
export function Unfilled({ conversation, text, onText }: { conversation: Conversation; text: string; onText: (text: string) => void }) {
  const me = useChat((state) => state.me);
  const missing = placeholdersIn(text);
  const filled = missing.length === 0 ? text : filledIn(text, valuesOf(conversation, me));
  return (
    <p id={UNFILLED_ID} role="status" className="composer-unfilled">
      {missing.length > 0 && `Fill in or remove ${joinNames(missing)} before you send. `}
      {filled !== text && (
        <button type="button" className="link-button" onClick={() => onText(filled)}>
          Fill in
        </button>
      )}
    </p>
  );
}

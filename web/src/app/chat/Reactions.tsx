import { isSamePerson } from "../../client/index.ts";
import type { Message, Person, Reaction } from "../../protocol.ts";
import { joinNames } from "../format.ts";
import { useMessageActions } from "./composing.ts";

/** The reactions under a bubble. A press adds or removes the person's own. */
export function Reactions({ message, reactions, me }: { message: Message; reactions: readonly Reaction[]; me: Person }) {
  const actions = useMessageActions();
  return (
    <ul className="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, by }) => {
        const isMine = by.some((person) => isSamePerson(person, me));
        const others = by.filter((person) => !isSamePerson(person, me)).map(({ name }) => name);
        const names = joinNames(isMine ? ["you", ...others] : others);
        return (
          <li key={emoji}>
            <button
              type="button"
              className="reaction"
              tabIndex={-1}
              aria-pressed={isMine}
              aria-label={`${emoji}, ${by.length}, ${names}`}
              title={names}
              disabled={!actions.changeable}
              onClick={() => actions.react(message, emoji)}
            >
              <span aria-hidden>{emoji}</span>
              {by.length}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

import { useChat } from "../chat-context.ts";
import { nameParts } from "../format.ts";

/**
 * The typing indicator. It is not announced to screen readers, because that would interrupt them
 * often.
 */
export function TypingLine({ id }: { id: string }) {
  const typists = useChat((state) => state.typing.get(id)) ?? [];
  // A later release can send this event without a name.
  const names = typists.map(({ name }) => (typeof name === "string" ? name : "Someone"));
  return (
    <p className="typing">
      {names.length > 0 && (
        <>
          <span className="typing-dots" aria-hidden>
            <i />
            <i />
            <i />
          </span>
          <span>
            {nameParts(names).map(({ type, value }, index) => (type === "element" ? <bdi key={index}>{value}</bdi> : value))}
            {names.length === 1 ? " is typing…" : " are typing…"}
          </span>
        </>
      )}
    </p>
  );
}

import { useChat } from "../chat-context.ts";
import { listParts } from "../format.ts";

/** Who is typing. It is not announced: a screen reader would speak at every pause of somebody else; their message is announced. */
export function TypingLine({ id }: { id: string }) {
  const typists = useChat((state) => state.typing.get(id)) ?? [];
  // An event of a later release may come without a name.
  const names = typists.map(({ name }) => (typeof name === "string" ? name : "Somebody"));
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
            {listParts(names).map(({ type, value }, index) => (type === "element" ? <bdi key={index}>{value}</bdi> : value))}
            {names.length === 1 ? " is typing…" : " are typing…"}
          </span>
        </>
      )}
    </p>
  );
}

import { useChat } from "../chat-context.ts";
import { listParts } from "../format.ts";

/** Who is typing. It is not announced: a screen reader would speak at every pause of somebody else; their message is announced. */
export function TypingLine({ id }: { id: string }) {
  const names = useChat((state) => state.typing.get(id))?.map((typist) => typist.name) ?? [];
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

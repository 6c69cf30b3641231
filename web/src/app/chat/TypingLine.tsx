import { useChat } from "../chat-context.ts";

/** Who types right now. */
export function TypingLine({ id }: { id: string }) {
  const names = useChat((state) => state.typing.get(id))?.map((typist) => typist.name) ?? [];
  return (
    <p className="typing" role="status">
      {names.length > 0 && (
        <>
          <span className="typing-dots" aria-hidden>
            <i />
            <i />
            <i />
          </span>
          {names.length === 1 ? `${names[0]} is typing…` : `${names.join(" and ")} are typing…`}
        </>
      )}
    </p>
  );
}

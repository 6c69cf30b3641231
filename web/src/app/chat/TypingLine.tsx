import { Fragment } from "react";
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
          <span>
            {names.map((name, index) => (
              <Fragment key={index}>
                {index > 0 && " and "}
                <bdi>{name}</bdi>
              </Fragment>
            ))}
            {names.length === 1 ? " is typing…" : " are typing…"}
          </span>
        </>
      )}
    </p>
  );
}

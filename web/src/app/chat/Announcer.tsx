import { useEffect, useRef, useState } from "react";
import { EMPTY, sideOf } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";

/** Reads new messages of the other side out to whoever cannot see them. Older ones that are scrolled to are not news. */
export function Announcer({ id }: { id: string }) {
  const last = useChat((state) => (state.timelines.get(id) ?? EMPTY).messages.at(-1));
  const role = useChat((state) => state.me.role);
  const known = useRef<number>(undefined);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (last === undefined) return;
    const isNews = known.current !== undefined && last.seq > known.current;
    known.current = last.seq;
    if (isNews && sideOf(last) !== role) setWords(last.kind === "system" ? last.body : `${last.sender.name}: ${last.body}`);
  }, [last, role]);
  return (
    <p className="visually-hidden" role="log" aria-label="New messages">
      {words}
    </p>
  );
}

import { MessageCircleOff, RotateCw } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { Link } from "wouter";
import { SessionEnded, ApiError } from "../../client/index.ts";
import { useChat, useClient, useLatest } from "../chat-context.ts";
import { EmptyState } from "../parts/EmptyState.tsx";
import { Announcer } from "./Announcer.tsx";
import { ChatHeader } from "./ChatHeader.tsx";
import { Composer } from "./Composer.tsx";
import { MessageList } from "./MessageList.tsx";
import { TypingLine } from "./TypingLine.tsx";

/** One conversation. */
export function Chat({ id }: { id: string }) {
  const conversation = useChat((state) => state.conversations.get(id)?.conversation);
  const loaded = useChat((state) => (state.timelines.get(id)?.messages.length ?? 0) > 0);
  const shown = conversation !== undefined && loaded;
  const [problem, again] = useOpen(id, shown);
  if (problem !== undefined && !shown) return <NotOpened problem={problem} again={again} />;
  return (
    <section className="chat-pane" aria-label="Chat">
      {conversation !== undefined && <ChatHeader conversation={conversation} />}
      {shown ? (
        <MessageList conversation={conversation} />
      ) : (
        <div className="messages-frame messages-loading" role="status" aria-label="Loading the messages">
          <span className="skeleton" />
          <span className="skeleton" />
          <span className="skeleton" />
        </div>
      )}
      <TypingLine id={id} />
      {loaded && <Announcer id={id} />}
      {conversation !== undefined && <Composer conversation={conversation} ready={loaded} />}
    </section>
  );
}

/** Opens the conversation, and again when the connection comes back before it was shown. */
function useOpen(id: string, shown: boolean): [Error | undefined, () => void] {
  const client = useClient();
  const online = useChat((state) => state.connection === "online");
  const [problem, setProblem] = useState<Error>();
  const open = useCallback(() => {
    setProblem(undefined);
    client.open(id).catch((reason: unknown) => setProblem(reason instanceof Error ? reason : new Error(String(reason))));
  }, [client, id]);

  useEffect(() => {
    open();
    return () => client.close(id);
  }, [client, id, open]);
  const failed = useLatest(!shown && problem !== undefined);
  useEffect(() => {
    if (online && failed.current) open();
  }, [online, failed, open]);
  return [problem, open];
}

function NotOpened({ problem, again }: { problem: Error; again: () => void }) {
  const gone = problem instanceof ApiError && problem.code === "not_found";
  const toList = (
    <Link className="button button-primary" href="/orders">
      To the orders
    </Link>
  );
  return (
    <section className="chat-pane" aria-label="Chat">
      {gone ? (
        <EmptyState icon={<MessageCircleOff size={32} aria-hidden />} title="There is no such conversation" action={toList}>
          It may belong to somebody else, or the address is mistyped.
        </EmptyState>
      ) : (
        <EmptyState
          icon={<RotateCw size={32} aria-hidden />}
          title="The messages did not load"
          action={
            <button type="button" className="button button-primary" onClick={again}>
              Try again
            </button>
          }
        >
          {problem instanceof SessionEnded ? "Your log-in has expired." : problem.message}
        </EmptyState>
      )}
    </section>
  );
}

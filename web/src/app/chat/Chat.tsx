import { MessageCircleOff, RotateCw } from "lucide-react";
import { Suspense, lazy, useCallback, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { SessionEnded, ApiError } from "../../client/index.ts";
import { useChat, useClient, useLatest } from "../chat-context.ts";
import { useDeskKeys } from "../desk/desk-keys.ts";
import { useFinding } from "../find/finding.ts";
import { orderNumber } from "../format.ts";
import { useWide } from "../media.ts";
import { EmptyState } from "../parts/EmptyState.tsx";
import { Title } from "../parts/Title.tsx";
import { Announcer } from "./Announcer.tsx";
import { ChatHeader } from "./ChatHeader.tsx";
import { ChangeNotices } from "./ChangeNotices.tsx";
import { Composer } from "./Composer.tsx";
import { WRITING } from "./composing.ts";
import { MessageList } from "./MessageList.tsx";
import { TypingLine } from "./TypingLine.tsx";

/** Loaded after the first page is shown. */
const FindPanel = lazy(() => import("../find/FindPanel.tsx"));
const SurroundingMessages = lazy(() => import("../find/SurroundingMessages.tsx"));

/**
 * The chat of one conversation. `chosen` is true if a person opened it, so that the focus moves
 * into it.
 */
export function Chat({ id, chosen }: { id: string; chosen: boolean }) {
  const conversation = useChat((state) => state.conversations.get(id)?.conversation);
  const loaded = useChat((state) => state.timelines.get(id)?.loaded === true);
  const [composing, setComposing] = useState(WRITING);
  const shown = conversation !== undefined && loaded;
  const [problem, again] = useOpen(id, shown);
  const wide = useWide();
  const { finding, asked, farSeq, target, go, leave, open: find, close: closeFind } = useFinding(id);
  const findButton = useRef<HTMLButtonElement>(null);
  const isAdmin = useChat((state) => state.me.role === "admin");
  useDeskKeys(isAdmin ? { f: find } : {});
  useTitleFocused(chosen && !wide && conversation !== undefined);
  if (problem !== undefined && !shown) return <NotOpened problem={problem} again={again} />;
  return (
    <section className="chat-pane" aria-label="Chat">
      <Title view={conversation === undefined ? "Order" : `${conversation.order.title} ${orderNumber(conversation.orderId)}`} />
      {conversation !== undefined && <ChatHeader conversation={conversation} findButton={findButton} finding={finding} onFind={finding ? closeFind : find} />}
      {finding && (
        <Suspense>
          <FindPanel
            id={id}
            asked={asked}
            onGo={go}
            onClose={() => {
              closeFind();
              findButton.current?.focus();
            }}
          />
        </Suspense>
      )}
      {shown && farSeq !== undefined ? (
        <Suspense>
          <SurroundingMessages key={farSeq} conversation={conversation} seq={farSeq} onGo={go} onLeave={leave} />
        </Suspense>
      ) : shown ? (
        <MessageList conversation={conversation} target={target} onCompose={setComposing} />
      ) : (
        <div className="messages-frame messages-loading" role="status" aria-label="Loading the messages">
          <span className="skeleton" />
          <span className="skeleton" />
          <span className="skeleton" />
        </div>
      )}
      <TypingLine id={id} />
      {loaded && <Announcer id={id} />}
      <ChangeNotices id={id} />
      {conversation !== undefined && (
        <Composer conversation={conversation} ready={loaded} focus={chosen && wide} composing={composing} onCompose={setComposing} />
      )}
    </section>
  );
}

/**
 * Moves the focus to the chat's heading, once. On a phone the chat replaces the list that had the
 * focus.
 */
function useTitleFocused(wanted: boolean): void {
  const done = useRef(false);
  useEffect(() => {
    if (!wanted || done.current) return;
    done.current = true;
    document.getElementById("chat-title")?.focus({ preventScroll: true });
  }, [wanted]);
}

/**
 * Opens the conversation, and opens it again on reconnect if it had failed. Returns the error and a
 * function that tries again.
 */
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
  const heading = useWide() ? "h2" : "h1";
  const gone = problem instanceof ApiError && problem.code === "not_found";
  const toList = (
    <Link className="button button-primary" href="/orders">
      Go to orders
    </Link>
  );
  return (
    <section className="chat-pane" aria-label="Chat">
      <Title view={gone ? "Not found" : "Order"} />
      {gone ? (
        <EmptyState heading={heading} icon={<MessageCircleOff size={32} aria-hidden />} title="Conversation not found" action={toList}>
          It may belong to another person, or the address may be wrong.
        </EmptyState>
      ) : (
        <EmptyState
          heading={heading}
          icon={<RotateCw size={32} aria-hidden />}
          title="The messages could not be loaded"
          action={
            <button type="button" className="button button-primary" onClick={again}>
              Try again
            </button>
          }
        >
          {problem instanceof SessionEnded ? "Please log in again." : problem.message}
        </EmptyState>
      )}
    </section>
  );
}

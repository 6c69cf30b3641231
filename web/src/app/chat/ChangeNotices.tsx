import type { Code, ConversationId } from "../../protocol.ts";
import { type PendingChange } from "../../client/index.ts";
import { useChat, useClient } from "../chat-context.ts";
import { DecisionNotices } from "../desk/DecisionNotices.tsx";

const REASONS: Partial<Record<Code, string>> = {
  not_changeable: "This message can't be changed any more.",
  conversation_closed: "The conversation is closed.",
  not_found: "The message is not there any more.",
};

/** Says which changes and decisions the server has refused. They are undone already. */
export function ChangeNotices({ id }: { id: ConversationId }) {
  const client = useClient();
  const changes = useChat((state) => state.pendingChanges);
  const refused = changes.filter((change) => change.conversationId === id && change.failed !== undefined);
  return (
    <div role="alert" className="change-notices">
      {refused.map((refusal) => (
        <p key={refusal.changeId}>
          <span>
            {whatOf(refusal)} {REASONS[refusal.failed?.code ?? "internal"] ?? refusal.failed?.reason}
          </span>
          {refusal.failed?.code === undefined && (
            <button type="button" className="link-button" onClick={() => client.retry(refusal.changeId)}>
              Try again
            </button>
          )}
          <button type="button" className="link-button" onClick={() => client.discard(refusal.changeId)}>
            OK
          </button>
        </p>
      ))}
      <DecisionNotices id={id} />
    </div>
  );
}

function whatOf({ change }: PendingChange): string {
  if ("edit" in change) return `Your edit “${change.edit.body}” was not saved.`;
  return "delete" in change ? "The message was not deleted." : `Your ${change.react.emoji} was not saved.`;
}

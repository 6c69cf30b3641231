import type { PendingChange } from "../../client/index.ts";
import type { ConversationId } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { DecisionNotices } from "../desk/DecisionNotices.tsx";
import { type Reasons, Refused } from "../parts/Refused.tsx";

const REASONS: Reasons = {
  not_changeable: "This message can't be changed any more.",
  conversation_closed: "The conversation is closed.",
  not_found: "The message is not there any more.",
};

/** Says which changes and decisions the server has refused. */
export function ChangeNotices({ id }: { id: ConversationId }) {
  const changes = useChat((state) => state.pendingChanges);
  const refused = changes.filter((change) => change.conversationId === id && change.failed !== undefined);
  return (
    <div role="alert" className="change-notices">
      {refused.map((each) => (
        <Refused key={each.changeId} refused={each} what={whatOf(each)} reasons={REASONS} />
      ))}
      <DecisionNotices id={id} />
    </div>
  );
}

function whatOf({ change }: PendingChange): string {
  if ("edit" in change) return `Your edit “${change.edit.body}” was not saved.`;
  return "delete" in change ? "The message was not deleted." : `Your ${change.react.emoji} was not saved.`;
}

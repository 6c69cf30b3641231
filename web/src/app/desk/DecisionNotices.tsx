import type { Decision } from "../../client/index.ts";
import type { Code, ConversationId } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

const REASONS: Partial<Record<Code, string>> = {
  already_assigned: "Another admin has taken it meanwhile.",
  not_found: "The conversation is not there any more.",
  forbidden: "You may not do this.",
};

/** Says which decisions the server has refused. They are undone already. */
export function DecisionNotices({ id }: { id: ConversationId }) {
  const client = useClient();
  const decisions = useChat((state) => state.pendingDecisions);
  const refused = decisions.filter(({ conversationId, failed }) => conversationId === id && failed !== undefined);
  return refused.map(({ changeId, decision, failed }) => (
    <p key={changeId}>
      <span>
        {whatOf(decision)} {REASONS[failed?.code ?? "internal"] ?? failed?.reason}
      </span>
      {failed?.code === undefined && (
        <button type="button" className="link-button" onClick={() => client.retry(changeId)}>
          Try again
        </button>
      )}
      <button type="button" className="link-button" onClick={() => client.discard(changeId)}>
        OK
      </button>
    </p>
  ));
}

function whatOf(decision: Decision): string {
  if ("assign" in decision) return "It was not assigned.";
  if ("tag" in decision) return "The tags were not changed.";
  if ("prioritize" in decision) return "The priority was not changed.";
  if ("snooze" in decision) return "It was not snoozed.";
  return "wake" in decision ? "The snooze was not ended." : "The customer still waits.";
}

import type { Decision } from "../../client/index.ts";
import type { ConversationId } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { type Reasons, Refused } from "../parts/Refused.tsx";

const REASONS: Reasons = {
  already_assigned: "Another admin has taken it meanwhile.",
  not_found: "The conversation is not there any more.",
  forbidden: "You may not do this.",
};

/** Says which decisions the server has refused. */
export function DecisionNotices({ id }: { id: ConversationId }) {
  const decisions = useChat((state) => state.pendingDecisions);
  const refused = decisions.filter(({ conversationId, failed }) => conversationId === id && failed !== undefined);
  return refused.map((each) => <Refused key={each.changeId} refused={each} what={whatOf(each.decision)} reasons={REASONS} />);
}

function whatOf(decision: Decision): string {
  if ("assign" in decision) return "It was not assigned.";
  if ("tag" in decision) return "The tags were not changed.";
  if ("prioritize" in decision) return "The priority was not changed.";
  if ("snooze" in decision) return "It was not snoozed.";
  return "wake" in decision ? "The snooze was not ended." : "The customer still waits.";
}

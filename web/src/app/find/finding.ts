import { useCallback, useState } from "react";
import { EMPTY_TIMELINE, oldestSeq } from "../../client/index.ts";
import type { ConversationId } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";

/** A message at most so many entries before the loaded ones is shown in the list, with all that lies between. */
const NEAR = 300;

/** Where a person is who searches the messages of a conversation. */
interface Finding {
  /** True while the search is open. */
  readonly finding: boolean;
  /** How often it was opened, or its field asked for. */
  readonly asked: number;
  /** The `seq` of a message far from the newest one, which is shown with what lies around it. */
  readonly farSeq?: number;
  /** A message that the list goes to. */
  readonly target?: { readonly seq: number };
}

const NOT_FINDING: Finding = { finding: false, asked: 0 };

/** Returns where a person is, and what they can do. */
export function useFinding(id: ConversationId) {
  const client = useClient();
  const [state, setState] = useState(NOT_FINDING);
  const open = useCallback(() => setState((before) => ({ ...before, finding: true, asked: before.asked + 1 })), []);
  const close = useCallback(() => setState((before) => ({ ...before, finding: false })), []);
  const leave = useCallback(() => setState(({ finding, asked }) => ({ finding, asked })), []);
  const go = useCallback(
    (seq: number) => {
      const oldest = oldestSeq(client.state.timelines.get(id) ?? EMPTY_TIMELINE) ?? 1;
      setState(({ finding, asked }) => ({ finding, asked, ...(oldest - seq <= NEAR ? { target: { seq } } : { farSeq: seq }) }));
    },
    [client, id],
  );
  return { ...state, open, close, leave, go };
}

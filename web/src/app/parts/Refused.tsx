import type { PendingChange } from "../../client/index.ts";
import type { Code } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";

/** Words for the reasons that people can meet. For the others the server's words are shown. */
export type Reasons = Partial<Record<Code, string>>;

/** What the server has refused. It is undone already; without a reason it can be tried again. */
export function Refused({ refused: { changeId, failed }, what, reasons }: { refused: Pick<PendingChange, "changeId" | "failed">; what: string; reasons: Reasons }) {
  const client = useClient();
  return (
    <p>
      <span>
        {what} {reasons[failed?.code ?? "internal"] ?? failed?.reason}
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
  );
}

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { OrderStatus } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { ORDER_STATUS } from "../parts/StatusBadge.tsx";

const STATUSES: readonly OrderStatus[] = ["pending", "confirmed", "completed", "cancelled"];

/** The number of orders by status. A pressed card filters the list. */
export function CountCards({ chosen, onChoose }: { chosen: OrderStatus | undefined; onChoose: (status: OrderStatus | undefined) => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const online = useChat((state) => state.connection === "online");
  const counts = useQuery({ queryKey: ["counts"], queryFn: () => client.api.counts(), enabled: online });
  useEffect(() => {
    // Events may have been missed while offline.
    if (online) void queries.invalidateQueries({ queryKey: ["counts"] });
  }, [online, queries]);
  return (
    <div className="cards" role="group" aria-label="Orders by status">
      {STATUSES.map((status) => (
        <button
          key={status}
          type="button"
          className="card"
          data-status={status}
          aria-pressed={chosen === status}
          onClick={() => onChoose(chosen === status ? undefined : status)}
        >
          <span className="card-count">{counts.data?.[status] ?? "–"}</span>
          <span className="card-label">{ORDER_STATUS[status]}</span>
        </button>
      ))}
    </div>
  );
}

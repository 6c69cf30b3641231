import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { AdminEntry, Settings, Tag, TagId } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

/** The query keys of what the shop has set. */
const KEYS: Readonly<Record<Settings, string>> = { tags: "tags", canned_responses: "canned-responses", sla: "sla" };

/** An event says when these have changed, so they are not asked for again before. In milliseconds. */
const STALE_AFTER = 5 * 60_000;

const NO_TAGS: ReadonlyMap<TagId, Tag> = new Map();
const NO_ADMINS: readonly AdminEntry[] = [];

/** Call it when the shop has set something else. */
export function settingsChanged(queries: QueryClient, what: Settings): void {
  // A later release may know more settings.
  const key = KEYS[what] as string | undefined;
  if (key !== undefined) void queries.invalidateQueries({ queryKey: [key] });
}

/** Returns the shop's tags by id, in the order of their names. Empty for a customer. */
export function useTags(): ReadonlyMap<TagId, Tag> {
  const client = useClient();
  const enabled = useChat((state) => state.me.role === "admin" && state.connection === "online");
  const { data } = useQuery({ queryKey: [KEYS.tags], queryFn: () => client.api.admin.tags(), enabled, staleTime: STALE_AFTER });
  return useMemo(() => (data === undefined ? NO_TAGS : new Map(data.items.map((tag) => [tag.id, tag]))), [data]);
}

/** Returns the admins whom a conversation can be assigned to, by name. Empty for a customer. */
export function useAdmins(): readonly AdminEntry[] {
  const client = useClient();
  const enabled = useChat((state) => state.me.role === "admin" && state.connection === "online");
  const { data } = useQuery({ queryKey: ["admins"], queryFn: () => client.api.admin.admins(), enabled, staleTime: STALE_AFTER });
  return data?.items ?? NO_ADMINS;
}

/** Returns the canned responses of the shop and of this admin: a query, to be loaded when needed. */
export function useCannedResponses(enabled: boolean) {
  const client = useClient();
  return useQuery({ queryKey: [KEYS.canned_responses], queryFn: () => client.api.admin.cannedResponses(), enabled, staleTime: STALE_AFTER });
}

import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import type { AdminEntry, CannedResponse, Sla, Tag, TagId } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

const [NO_ADMINS, NO_TAGS]: [readonly AdminEntry[], readonly Tag[]] = [[], []];

/** Returns true for an admin who may change what the shop has set, so not for an agent. */
export function useMaySet(): boolean {
  return useChat((state) => state.me.role === "admin" && !state.agent);
}

/** Returns the admins who have used the chat, by name. Empty for a customer and until it is known. */
export function useAdmins(): readonly AdminEntry[] {
  const client = useClient();
  const enabled = useIsAdmin();
  return useQuery({ queryKey: ["admins"], queryFn: () => client.api.admin.admins(), enabled }).data?.items ?? NO_ADMINS;
}

/** Fetches the shop's tags, by name. */
export function useTagList(): UseQueryResult<{ items: readonly Tag[] }> {
  const client = useClient();
  return useQuery({ queryKey: ["tags"], queryFn: () => client.api.admin.tags(), enabled: useIsAdmin() });
}

/** Returns the shop's tags, by name. Empty for a customer and until they are known. */
export function useTags(): readonly Tag[] {
  return useTagList().data?.items ?? NO_TAGS;
}

/** Fetches the shop's and the person's canned responses, by shortcut. */
export function useCannedResponses(): UseQueryResult<{ items: readonly CannedResponse[] }> {
  const client = useClient();
  return useQuery({ queryKey: ["canned_responses"], queryFn: () => client.api.admin.cannedResponses(), enabled: useIsAdmin() });
}

/** Fetches the shop's SLA. */
export function useSla(): UseQueryResult<Sla> {
  const client = useClient();
  return useQuery({ queryKey: ["sla"], queryFn: () => client.api.admin.sla(), enabled: useIsAdmin() });
}

/** Returns a function for the name of an admin, and one for the name of a tag. */
export function useNames(): { admin: (userId: string) => string | undefined; tag: (id: TagId) => string | undefined } {
  const [admins, tags] = [useAdmins(), useTags()];
  return {
    admin: useCallback((userId: string) => admins.find((each) => each.userId === userId)?.name, [admins]),
    tag: useCallback((id: TagId) => tags.find((each) => each.id === id)?.name, [tags]),
  };
}

function useIsAdmin(): boolean {
  return useChat((state) => state.me.role === "admin");
}

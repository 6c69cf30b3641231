import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Settings } from "../../protocol.ts";

/** Returns a mutation after which what was set is fetched again. */
export function useSaving<What>(what: Settings, save: (what: What) => Promise<unknown>, saved: () => void): UseMutationResult<unknown, Error, What> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: save,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [what] });
      saved();
    },
  });
}

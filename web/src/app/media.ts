import { useSyncExternalStore } from "react";

/** Returns true while a media query matches. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}

/** Returns true if the window is wide enough for the list and the chat side by side. */
export function useWide(): boolean {
  return useMedia("(min-width: 48rem)");
}

import { useState } from "react";
import { local } from "./storage.ts";

/** How the page looks: as the system does, or as somebody chose. */
export type Theme = "system" | "light" | "dark";

const KEY = "order-chat/theme";

/** Makes the page look as it was left. */
export function applyTheme(theme: Theme = saved()): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** The theme, and how to choose another. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(saved);
  const choose = (chosen: Theme) => {
    applyTheme(chosen);
    setTheme(chosen);
    try {
      local.setItem(KEY, chosen);
    } catch {
      // The storage is full: it is so until the page loads again.
    }
  };
  return [theme, choose];
}

function saved(): Theme {
  const theme = local.getItem(KEY);
  return theme === "light" || theme === "dark" ? theme : "system";
}

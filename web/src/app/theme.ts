import { useState } from "react";
import { persistentStorage } from "./storage.ts";

/** The colour theme. `system` follows the operating system. */
export type Theme = "system" | "light" | "dark";

const KEY = "order-chat/theme";

/** Applies a theme to the document, by default the stored one. */
export function applyTheme(theme: Theme = saved()): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Returns the theme and a function that changes and stores it. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(saved);
  const choose = (chosen: Theme) => {
    applyTheme(chosen);
    setTheme(chosen);
    try {
      persistentStorage.setItem(KEY, chosen);
    } catch {
      // The storage is full. The theme is kept until the page is reloaded.
    }
  };
  return [theme, choose];
}

function saved(): Theme {
  const theme = persistentStorage.getItem(KEY);
  return theme === "light" || theme === "dark" ? theme : "system";
}

import { useState } from "react";

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
    localStorage.setItem(KEY, chosen);
    applyTheme(chosen);
    setTheme(chosen);
  };
  return [theme, choose];
}

function saved(): Theme {
  const theme = localStorage.getItem(KEY);
  return theme === "light" || theme === "dark" ? theme : "system";
}

import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, LogOut, Settings } from "lucide-react";
import { useLocation } from "wouter";
import { useChat } from "../chat-context.ts";
import { type Theme, useTheme } from "../theme.ts";
import { AccountButton } from "./AccountButton.tsx";

const THEMES: readonly { theme: Theme; label: string }[] = [
  { theme: "system", label: "System" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

/** The menu with the logged-in person, the theme, and the log-out. */
export default function AccountMenu({ onLogOut }: { onLogOut: () => void }) {
  const [theme, setTheme] = useTheme();
  const [, navigate] = useLocation();
  const isAdmin = useChat((state) => state.me.role === "admin");
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger asChild>
        <AccountButton />
      </Menu.Trigger>
        <Menu.Content className="menu" align="end" sideOffset={6}>
          <Menu.Label className="menu-label">Appearance</Menu.Label>
          <Menu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {THEMES.map(({ theme: each, label }) => (
              <Menu.RadioItem key={each} value={each} className="menu-item">
                {label}
                <Menu.ItemIndicator className="menu-check">
                  <Check size={16} aria-hidden />
                </Menu.ItemIndicator>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Separator className="menu-separator" />
          {isAdmin && (
            <Menu.Item className="menu-item" onSelect={() => navigate("/settings")}>
              <Settings size={16} aria-hidden />
              Settings
            </Menu.Item>
          )}
          <Menu.Item className="menu-item" onSelect={onLogOut}>
            <LogOut size={16} aria-hidden />
            Switch person
          </Menu.Item>
        </Menu.Content>
    </Menu.Root>
  );
}

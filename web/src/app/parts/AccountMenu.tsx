import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, LogOut } from "lucide-react";
import { useChat } from "../chat-context.ts";
import { type Theme, useTheme } from "../theme.ts";
import { Avatar } from "./Avatar.tsx";

const THEMES: readonly { theme: Theme; label: string }[] = [
  { theme: "system", label: "System" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

/** The menu with the logged-in person, the theme, and the log-out. */
export function AccountMenu({ onLogOut }: { onLogOut: () => void }) {
  const me = useChat((state) => state.me);
  const [theme, setTheme] = useTheme();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="account">
        <Avatar name={me.name} />
        <span className="account-name">
          <span className="visually-hidden">Account of</span>
          <bdi>{me.name}</bdi>
          {me.role === "admin" && <span className="admin-badge">Admin</span>}
        </span>
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
          <Menu.Item className="menu-item" onSelect={onLogOut}>
            <LogOut size={16} aria-hidden />
            Switch person
          </Menu.Item>
        </Menu.Content>
    </Menu.Root>
  );
}

import type { ComponentProps } from "react";
import { useChat } from "../chat-context.ts";
import { Avatar } from "./Avatar.tsx";

/** The button with the logged-in person, which opens their menu. */
export function AccountButton(props: ComponentProps<"button">) {
  const me = useChat((state) => state.me);
  const agent = useChat((state) => state.agent);
  return (
    <button type="button" {...props} className="account">
      <Avatar name={me.name} />
      <span className="account-name">
        <span className="visually-hidden">Account of</span>
        <bdi>{me.name}</bdi>
        {me.role === "admin" && <span className="admin-badge">{agent ? "Agent" : "Admin"}</span>}
      </span>
    </button>
  );
}

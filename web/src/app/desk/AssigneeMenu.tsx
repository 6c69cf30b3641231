import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, ChevronDown, UserRound } from "lucide-react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { takenBy, useDecide } from "./deciding.ts";
import { useAdmins } from "./shop.ts";

/** The value of the menu for nobody. No user id is empty. */
const NOBODY = "";

/** Who takes care of the conversation. */
export function AssigneeMenu({ id, desk, open, onOpen }: { id: ConversationId; desk: Desk; open: boolean; onOpen: (open: boolean) => void }) {
  const decide = useDecide(id);
  const { assignee = NOBODY } = desk;
  const me = useChat((state) => state.me);
  const admins = useAdmins();
  const name = assignee === me.userId ? "You" : (admins.find((each) => each.userId === assignee)?.name ?? "Another admin");
  const others = admins.filter(({ userId }) => userId !== me.userId);
  const assign = (to: string) => {
    if (to === assignee) return;
    if (to === me.userId) decide(takenBy(to, desk));
    else decide({ assign: to === NOBODY ? {} : { to } });
  };
  return (
    <Menu.Root modal={false} open={open} onOpenChange={onOpen}>
      <Menu.Trigger className="desk-button">
        <UserRound size={16} aria-hidden />
        <span className="visually-hidden">Assigned to: </span>
        <bdi className="desk-value">{assignee === NOBODY ? "Nobody" : name}</bdi>
        <ChevronDown size={14} aria-hidden />
      </Menu.Trigger>
      <Menu.Content className="menu desk-menu" align="start" sideOffset={6} collisionPadding={8} aria-labelledby={undefined} aria-label="Who takes care of it?">
        <Menu.RadioGroup value={assignee} onValueChange={assign}>
          <Choice value={me.userId} name={assignee === me.userId ? "You" : "Assign to me"} />
          <Choice value={NOBODY} name="Nobody" />
          {others.length > 0 && <Menu.Separator className="menu-separator" />}
          {others.map(({ userId, name: other }) => (
            <Choice key={userId} value={userId} name={other} />
          ))}
        </Menu.RadioGroup>
      </Menu.Content>
    </Menu.Root>
  );
}

function Choice({ value, name }: { value: string; name: string }) {
  return (
    <Menu.RadioItem className="menu-item" value={value}>
      <bdi>{name}</bdi>
      <Menu.ItemIndicator className="menu-check">
        <Check size={16} aria-hidden />
      </Menu.ItemIndicator>
    </Menu.RadioItem>
  );
}

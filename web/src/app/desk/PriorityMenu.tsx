import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, ChevronDown } from "lucide-react";
import type { ConversationId, Desk, Priority } from "../../protocol.ts";
import { useDecide } from "./deciding.ts";
import { PRIORITIES, priorityWords } from "./priorities.ts";
import { PriorityIcon } from "./PriorityIcon.tsx";

/** How urgent the conversation is. */
export function PriorityMenu({ id, desk: { priority }, open, onOpen }: { id: ConversationId; desk: Desk; open: boolean; onOpen: (open: boolean) => void }) {
  const decide = useDecide(id);
  const choose = (value: string) => {
    if (value !== priority) decide({ prioritize: { to: value as Priority } });
  };
  return (
    <Menu.Root modal={false} open={open} onOpenChange={onOpen}>
      <Menu.Trigger className="desk-button">
        <PriorityIcon priority={priority} />
        <span className="visually-hidden">Priority: </span>
        <span className="desk-value">{priorityWords(priority)}</span>
        <ChevronDown size={14} aria-hidden />
      </Menu.Trigger>
      <Menu.Content className="menu desk-menu" align="start" sideOffset={6} collisionPadding={8} aria-labelledby={undefined} aria-label="Priority">
        <Menu.RadioGroup value={priority} onValueChange={choose}>
          {PRIORITIES.map((each) => (
            <Menu.RadioItem key={each.priority} className="menu-item" value={each.priority}>
              <PriorityIcon priority={each.priority} />
              {each.label}
              <Menu.ItemIndicator className="menu-check">
                <Check size={16} aria-hidden />
              </Menu.ItemIndicator>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Content>
    </Menu.Root>
  );
}

import { useId, useState } from "react";
import type { BulkAction, OrderStatus, Priority } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { PRIORITIES } from "../desk/priorities.ts";
import { useAdmins } from "../desk/shop.ts";
import { ORDER_STATUS } from "../parts/StatusBadge.tsx";
import type { FieldsProps } from "./BulkForm.tsx";

const NOTHING = "";

/** The value of nobody. No user id has a space. */
const NOBODY = " ";

/** To whom the conversations are assigned. */
export function AssignFields({ onChange }: FieldsProps) {
  const me = useChat((state) => state.me);
  const others = useAdmins().filter(({ userId }) => userId !== me.userId);
  const options = [
    { value: me.userId, label: "Me" },
    { value: NOBODY, label: "Nobody" },
    ...others.map(({ userId, name }) => ({ value: userId, label: name })),
  ];
  return <Choice label="Assign to" options={options} none="Choose an admin." action={(to) => ({ assign: to === NOBODY ? {} : { to } })} onChange={onChange} />;
}

/** The priority that the conversations get. */
export function PriorityFields({ onChange }: FieldsProps) {
  const options = PRIORITIES.map(({ priority, label }) => ({ value: priority, label }));
  return <Choice label="Priority" options={options} none="Choose a priority." action={(to) => ({ prioritize: { to: to as Priority } })} onChange={onChange} />;
}

/** The statuses that an order can get. */
const NEXT: readonly OrderStatus[] = ["confirmed", "completed", "cancelled"];

/** The status that the orders get. */
export function OrderStatusFields({ onChange }: FieldsProps) {
  const options = NEXT.map((status) => ({ value: status, label: ORDER_STATUS[status] }));
  return (
    <>
      <Choice label="New status of the orders" options={options} none="Choose a status." action={(to) => ({ orderStatus: { to: to as OrderStatus } })} onChange={onChange} />
      <p className="bulk-hint">This cannot be undone. Customers are told about it. Orders that cannot get this status stay as they are and are listed.</p>
    </>
  );
}

function Choice({
  label,
  options,
  none,
  action,
  onChange,
}: {
  label: string;
  options: readonly { readonly value: string; readonly label: string }[];
  /** What to do as long as nothing is chosen. */
  none: string;
  action: (value: string) => BulkAction;
  onChange: FieldsProps["onChange"];
}) {
  const id = useId();
  const [value, setValue] = useState(NOTHING);
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          setValue(event.target.value);
          onChange(event.target.value === NOTHING ? none : action(event.target.value));
        }}
      >
        <option value={NOTHING}>Choose…</option>
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </p>
  );
}

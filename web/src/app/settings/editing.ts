import { useRef, useState } from "react";

/**
 * Which item of a list is edited or about to be deleted. Afterwards the focus goes to the button that
 * adds one.
 */
export function useEditing<Item>() {
  /** The id of what is edited, or `new`. */
  const [editing, setEditing] = useState<string>();
  const [removing, setRemoving] = useState<Item>();
  const add = useRef<HTMLButtonElement>(null);
  const close = () => {
    setEditing(undefined);
    requestAnimationFrame(() => add.current?.focus());
  };
  const keep = () => {
    setRemoving(undefined);
    add.current?.focus();
  };
  return { add, editing, edit: setEditing, close, removing, remove: setRemoving, keep };
}

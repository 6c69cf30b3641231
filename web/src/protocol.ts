// Made from the types in shared/protocol and shared/domain by `cargo xtask generate`: edit those.

/** An admin whom a conversation can be assigned to. */
export type AdminEntry = {
  /** The admin's user id. */
  userId: string,
  /** The admin's name. */
  name: string,
};

/** The admins who have used the chat, by name. */
export type AdminList = {
  /** The admins. */
  items: Array<AdminEntry>,
};

/** Who takes care of a conversation from now on. */
export type Assign = {
  /** The admin's user id; absent for nobody. */
  to?: string,
  /** With true, it is refused with `already_assigned` if another admin has the conversation. */
  ifUnassigned?: boolean,
};

/** What to do with each conversation. Exactly one field is present. */
export type BulkAction = {
  /** Sends a message. */
  message?: BulkMessage,
  /** Changes the status of the order. */
  orderStatus?: SetStatusOfOrder,
  /** Archives, closes or opens the conversation. */
  status?: SetStatusOfConversation,
  /** Writes a note for the other admins. */
  note?: NewNote,
  /** Assigns the conversation. */
  assign?: Assign,
  /** Adds and removes tags. */
  tag?: TagChange,
  /** Sets the priority. */
  prioritize?: Prioritize,
  /** Snoozes the conversation. */
  snooze?: SnoozeRequest,
  /** Ends a snooze. */
  wake?: Wake,
  /** Says that the customer waits for no answer. */
  settle?: Settle,
};

/** The answer to a bulk action. */
export type BulkAnswer = {
  /** One result for each conversation, in the order of the request. */
  results: Array<BulkResult>,
};

/** A message to send in each conversation. */
export type BulkMessage = {
  /** The text, 1 to 4,000 characters. Placeholders of canned responses are filled in for each
   * conversation. */
  body: string,
};

/** `POST /api/chat/bulk`. */
export type BulkRequest = {
  /** The caller's own id of this bulk action, a UUID. It must be the same in every repeat, and in
   * the requests for the other conversations of the same bulk action. */
  id: string,
  /** The conversations, 1 to 25. */
  conversationIds: Array<ConversationId>,
  /** What to do with each of them. */
  do: BulkAction,
};

/** What became of one conversation of a bulk action. */
export type BulkResult = {
  /** The conversation. */
  conversationId: ConversationId,
  /** Why it failed; absent if it was done, now or by an earlier request. */
  problem?: Problem,
};

/** When a shop is open. The time in which it is open is its business time.
 *
 * The shop is open whenever the clocks on its walls show a time of its opening hours, on no holiday.
 * So an hour that is skipped or repeated when the clocks change is missing or counts twice. */
export type Calendar = {
  /** The time zone of the shop's clocks. */
  timezone: Timezone,
  /** The opening hours. */
  week: Week,
  /** The days on which the shop is closed, at most 100. */
  holidays: Holidays,
};

/** A text that admins need often. */
export type CannedResponse = {
  /** Its id, of the same form as that of a tag. */
  id: TagId,
  /** What finds it fastest: 1 to 32 small letters, digits, `-` and `_`. */
  shortcut: string,
  /** What it is about, 1 to 100 characters. */
  title: string,
  /** The text, 1 to 4,000 characters. It can have placeholders: `{{customer.name}}`,
   * `{{order.number}}`, `{{order.status}}`, `{{order.total}}` and `{{admin.name}}`. */
  body: string,
  /** Whether only the caller has it. The others are the shop's. */
  personal: boolean,
  /** Whether pages offer it as a button over the field for a message. */
  quickReply: boolean,
};

/** A canned response. */
export type CannedResponseAnswer = {
  /** The canned response. */
  cannedResponse: CannedResponse,
};

/** The shop's and the caller's canned responses, by shortcut. */
export type CannedResponseList = {
  /** The canned responses. */
  items: Array<CannedResponse>,
};

/** `POST /api/chat/canned-responses` and `PATCH /api/chat/canned-responses/{id}`. */
export type CannedResponseRequest = {
  /** What finds it fastest: 1 to 32 small letters, digits, `-` and `_`. */
  shortcut: string,
  /** What it is about, 1 to 100 characters. */
  title: string,
  /** The text, 1 to 4,000 characters. It can have placeholders. */
  body: string,
  /** Whether only the caller has it. It cannot be changed later: `PATCH` ignores it. */
  personal?: boolean,
  /** Whether pages offer it as a button: at most five of the shop's and five of the caller's. */
  quickReply?: boolean,
};

/** A change of a message or of the conversation. It has a `seq` of its own, as a message has. It
 * contains no text: the new text of a message is in the message only. */
export type Change = {
  /** The conversation. */
  conversationId: ConversationId,
  /** The number of the change in its conversation. Messages and changes share one numbering. */
  seq: number,
  /** The id that the client gave the change. It makes a repeated change idempotent. */
  changeId: string,
  /** The person who made the change. */
  by: Person,
  /** When the server received it, by the server's clock. */
  createdAt: Time,
} & ({ "type": "edited",
  /** The `seq` of the message. */
  target: number,
}
| { "type": "deleted",
  /** The `seq` of the message. */
  target: number,
}
| { "type": "reacted",
  /** The `seq` of the message. */
  target: number,
  /** The reaction. */
  emoji: Emoji,
  /** True if it was added, false if it was removed. */
  on: boolean,
}
| { "type": "status",
  /** The status before. */
  from: ConversationStatus,
  /** The status after. */
  to: ConversationStatus,
});

/** The answer to a change of a message. */
export type ChangeAnswer = {
  /** The stored change. */
  change: Change,
  /** The message as it is now. */
  message: Message,
};

/** A change of a message. Exactly one of `edit`, `delete` and `react` is present. */
export type ChangeFrame = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
  /** The `seq` of the message. */
  seq: number,
  /** The caller's own id of this change, a UUID. It must be the same in every repeat. */
  changeId: string,
  /** The `seq` up to which the caller had every entry when it created `changeId`. It must be the
   * same in every repeat. */
  seenSeq?: number,
  /** Changes the text. Only the sender may, for a limited time. */
  edit?: Edit,
  /** Deletes the message. The sender may, and every admin. */
  delete?: Delete,
  /** Adds or removes a reaction. */
  react?: React,
};

/** `POST /api/chat/conversations/{id}/messages/{seq}/changes`. Exactly one of `edit`, `delete` and
 * `react` is present. */
export type ChangeRequest = {
  /** The caller's own id of this change, a UUID. It must be the same in every repeat. */
  changeId: string,
  /** The `seq` up to which the caller had every entry when it created `changeId`. It must be the
   * same in every repeat. */
  seenSeq?: number,
  /** Changes the text. Only the sender may, for a limited time. */
  edit?: Edit,
  /** Deletes the message. The sender may, and every admin. */
  delete?: Delete,
  /** Adds or removes a reaction. */
  react?: React,
};

/** A frame that a client sends. */
export type ClientFrame = {
  /** The answer repeats it; at most 64 characters. A frame without it is answered only on an
   * error. */
  requestId?: string,
} & ({ "action": "join_conversation" } & InConversation
| { "action": "leave_conversation" } & InConversation
| { "action": "send_message" } & SendFrame
| { "action": "change_message" } & ChangeFrame
| { "action": "typing_start" } & InConversation
| { "action": "typing_stop" } & InConversation
| { "action": "message_delivered" } & ReceiptFrame
| { "action": "message_read" } & ReceiptFrame
| { "action": "ping" } & PingFrame);

/** The answer to closing a user's connections. */
export type ClosedAnswer = {
  /** How many connections were closed. */
  closed: number,
};

/** The stable code of an error. Clients decide by the code; the texts may change. */
export type Code = "bad_request" | "invalid_cursor" | "forbidden" | "not_found" | "invalid_transition" | "conversation_closed" | "not_changeable" | "overtaken" | "already_assigned" | "payload_too_large" | "invalid_request" | "idempotency_mismatch" | "rate_limited" | "internal" | "unknown_action" | "reconnect" | "token_expired";

/** A conversation, as a participant sees it. */
export type Conversation = {
  /** The conversation's id, `cnv_X`. */
  id: ConversationId,
  /** The order's id, `ord_X` with the same X. */
  orderId: OrderId,
  /** The customer's user id. */
  customerId: string,
  /** The customer's name. */
  customerName: string,
  /** Whether the conversation is active, archived or closed. */
  status: ConversationStatus,
  /** The summary of the order. */
  order: OrderSummary,
  /** The `seq` of the last message or change. */
  lastSeq: number,
  /** The last message, as it is now but without its reactions. */
  lastMessage: Message,
  /** When the last message was sent or the last change was made. */
  lastActivityAt: Time,
  /** How many messages of the other side the caller has not read. Absent in events, because an
   * event goes to several users. */
  unread?: number,
  /** The customer first, then the admin who has read furthest and, in an answer, the caller;
   * admins by user id. */
  participants: Array<Participant>,
  /** When the conversation and its order were created. */
  createdAt: Time,
  /** The shop's presence. Only for customers, in the answer for a single conversation. */
  shop?: Shop,
  /** The number of entries of the shop's log. Only for admins; absent in events, which customers
   * get too. */
  deskSeq?: number,
  /** What the shop decided. Only for admins; absent in events, which customers get too. */
  desk?: Desk,
};

/** A single conversation. */
export type ConversationAnswer = {
  /** The conversation. */
  conversation: Conversation,
};

/** The id of a conversation: `cnv_X`. */
export type ConversationId = string;

/** A page of the inbox. */
export type ConversationPage = {
  /** The conversations, last activity first. */
  items: Array<Conversation>,
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string,
  /** The `since` to use in the next sync. With it the next sync also finds conversations that
   * were active while the pages were read. */
  asOf: Time,
  /** Only in a search that has a `nextCursor`: the search has covered all conversations whose
   * last activity is later than this time. */
  searchedTo?: Time,
};

/** The status of a conversation. It decides whether text messages can be sent. */
export type ConversationStatus = "active" | "archived" | "closed";

/** The answer to a change of a conversation's status. */
export type ConversationUpdate = {
  /** The conversation after the change. */
  conversation: Conversation,
  /** The change; absent if the conversation already had that status. */
  change?: Change,
};

/** The number of orders by status. */
export type Counts = {
  /** Orders that the shop has not confirmed yet. */
  pending: number,
  /** Orders that the shop has confirmed. */
  confirmed: number,
  /** Orders that are done. */
  completed: number,
  /** Orders that were cancelled. */
  cancelled: number,
  /** All orders. */
  total: number,
};

/** A deletion of a message. It has no fields. */
export type Delete = Record<symbol, never>;

/** Who deleted a message, and when. */
export type Deletion = {
  /** The person who deleted it. */
  by: Person,
  /** When, by the server's clock. */
  at: Time,
};

/** What the shop decided about a conversation. */
export type Desk = {
  /** The user id of the admin who takes care of it; absent for nobody. */
  assignee?: string,
  /** Its priority. */
  priority: Priority,
  /** The ids of its tags. */
  tags: Array<TagId>,
  /** Present while it is snoozed. */
  snooze?: Snooze,
  /** Since when the customer waits for an answer; absent if the customer does not wait. */
  waitingSince?: Time,
  /** The clocks of the SLA that run, the one that ends first at the beginning. Empty if the shop has
   * no SLA. Absent in lists of a server that does not know the SLA. */
  sla: Array<SlaClock>,
};

/** The answer to a new entry of the shop's log. */
export type DeskAnswer = {
  /** The stored entry; absent if all was as it was asked for, so nothing was stored. */
  entry?: DeskEntry,
  /** What the shop decided, as it is now. */
  desk: Desk,
  /** The number of entries of the shop's log. */
  deskSeq: number,
};

/** An entry of the shop's log. No customer ever gets it, its number or its author. */
export type DeskEntry = {
  /** The conversation. */
  conversationId: ConversationId,
  /** The number of the entry in the shop's log of its conversation: 1, 2, 3, … */
  deskSeq: number,
  /** The id that the client gave the entry. It makes a repeated request idempotent. */
  changeId: string,
  /** The admin who made it, or the system. */
  by: Person,
  /** The `seq` of the last entry of the conversation at that time. A client shows this entry after
   * that one. */
  afterSeq: number,
  /** When the server received it, by the server's clock. */
  createdAt: Time,
} & ({ "type": "note",
  /** The text exactly as it was sent. It is plain text, never markup. */
  body: string,
}
| { "type": "assigned",
  /** The admin's user id; absent for nobody. */
  to?: string,
}
| { "type": "tagged",
  /** The tags that were added. */
  add: Array<TagId>,
  /** The tags that were removed. */
  remove: Array<TagId>,
}
| { "type": "prioritized",
  /** The priority. */
  to: Priority,
}
| { "type": "snoozed",
  /** When it wakes by itself; absent: only with the customer's next message. */
  until?: Time,
}
| { "type": "woken",
  /** When the snooze ended. */
  at: Time,
}
| { "type": "settled", }
| { "type": "sla_breached",
  /** Which time. */
  sla: SlaKind,
  /** When it was over. */
  due: Time,
});

/** A page of the shop's log. */
export type DeskPage = {
  /** The entries, by ascending `deskSeq`. */
  entries: Array<DeskEntry>,
  /** The number of entries of the whole log. */
  deskSeq: number,
  /** Whether there are more entries. */
  hasMore: boolean,
};

/** `POST /api/chat/conversations/{id}/desk`. Exactly one of the fields behind `seenDeskSeq` is
 * present. */
export type DeskRequest = {
  /** The caller's own id of this entry, a UUID. It must be the same in every repeat. */
  changeId: string,
  /** The `deskSeq` up to which the caller had every entry of the shop's log when it created
   * `changeId`. It must be the same in every repeat. */
  seenDeskSeq?: number,
  /** Writes a note for the other admins. */
  note?: NewNote,
  /** Assigns the conversation. */
  assign?: Assign,
  /** Adds and removes tags. */
  tag?: TagChange,
  /** Sets the priority. */
  prioritize?: Prioritize,
  /** Snoozes the conversation. */
  snooze?: SnoozeRequest,
  /** Ends a snooze. */
  wake?: Wake,
  /** Says that the customer waits for no answer. */
  settle?: Settle,
};

/** A new text of a message. */
export type Edit = {
  /** The text, 1 to 4,000 characters. */
  body: string,
};

/** The emoji of reactions. The set is closed, so no text of a user becomes the name of a stored
 * attribute. */
export type Emoji = "👍" | "❤️" | "😂" | "😮" | "😢" | "🙏" | "🎉" | "✅";

/** A message that a search has found. */
export type FoundMessage = {
  /** The message as it is now. */
  message: Message,
  /** Where the words are in its `body`, in order and without overlaps. At most 100. */
  matches: Array<TextRange>,
};

/** The answer of `GET /api/health`. */
export type Health = {
  /** Always `ok`. */
  status: string,
  /** The server's version. */
  version: string,
};

/** A page of messages and changes. */
export type History = {
  /** The messages as they are now, by ascending `seq`. */
  messages: Array<Message>,
  /** The changes, by ascending `seq`. Together with the messages they have no gap. */
  changes: Array<Change>,
  /** The messages, as they are now, that the page refers to but does not contain: those that its
   * changes change, and those that its messages answer. */
  others: Array<Message>,
  /** The `seq` of the conversation's last message or change. */
  lastSeq: number,
  /** Whether there are more entries: newer ones if `after` was given, otherwise older ones. */
  hasMore: boolean,
};

/** A day on which the shop is closed. */
export type Holiday = string;

/** The days on which the shop is closed. */
export type Holidays = Array<Holiday>;

/** A request whose only field is the conversation. */
export type InConversation = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
};

/** One line of an order. */
export type Item = {
  /** The shop's article number, at most 64 characters. */
  sku?: string,
  /** The title, 1 to 200 characters. */
  title: string,
  /** The quantity, 1 to 10,000. */
  quantity: number,
  /** The price of one, in minor units of the order's currency (cents): 0 or more, below 2^53. */
  unitPrice: number,
  /** An https URL of at most 2,048 characters. */
  imageUrl?: string,
};

/** The kind of a message: written by a person or by the system. */
export type Kind = "text" | "system";

/** A message of a conversation. It changes only by a later entry of the log. Of two versions, the
 * one with the higher `changedSeq` is newer. */
export type Message = {
  /** The conversation. */
  conversationId: ConversationId,
  /** The number of the message in its conversation: 1, 2, 3, … It is the same for everyone. */
  seq: number,
  /** The message's id. */
  id: MessageId,
  /** The id that the sender gave the message. It makes a repeated send idempotent. Only text
   * messages have it. */
  clientMessageId?: string,
  /** The sender. */
  sender: Person,
  /** Whether it is a text or a system message. */
  kind: Kind,
  /** The text exactly as it was sent. It is plain text, never markup. */
  body: string,
  /** The event that a system message reports; absent in text messages. */
  system?: System,
  /** When the server received it, by the server's clock. */
  createdAt: Time,
  /** The `seq` of the message that this one answers. */
  replyTo?: number,
  /** The `seq` of the last change of this message; absent if it never changed here. An imported
   * message can be edited or deleted without it. */
  changedSeq?: number,
  /** When the sender last changed the text; absent if never. */
  editedAt?: Time,
  /** Present if the message was deleted. Its `body` is then empty. */
  deleted?: Deletion,
  /** The reactions, one entry for each emoji; absent if there are none. The `lastMessage` of a
   * conversation has none. */
  reactions?: Array<Reaction>,
};

/** A single message. */
export type MessageAnswer = {
  /** The stored message. */
  message: Message,
};

/** The id of a message: `msg_` and 80 random bits in 16 characters. It is unique within a
 * conversation. */
export type MessageId = string;

/** `POST /api/chat/conversations/{id}/messages`. */
export type MessageRequest = {
  /** The sender's own id of this message, a UUID. It must be the same in every repeat. */
  clientMessageId: string,
  /** The text, 1 to 4,000 characters. */
  body: string,
  /** The `seq` up to which the sender had every message when it created `clientMessageId`. It
   * must be the same in every repeat. */
  seenSeq?: number,
  /** The `seq` of the message that this one answers. */
  replyTo?: number,
  /** With true, the message is refused with `overtaken` if another admin has answered after
   * `seenSeq`. Only for admins; needs `seenSeq`. */
  expectLast?: boolean,
  /** The sender's connection that needs no push of the message, because the answer brings it:
   * `connectionId` in the acknowledgement of `join_conversation`. Ignored if it is not an open
   * connection of the sender. */
  connectionId?: string,
};

/** The messages of a conversation that a search has found. */
export type MessagesFound = {
  /** What was found, newest first. */
  items: Array<FoundMessage>,
  /** The search has covered all messages from this `seq` on. Absent if it has reached the first one. */
  searchedTo?: number,
};

/** A number of minutes of business time, 1 to 525,600. A year has as many. */
export type Minutes = number;

/** A note for the other admins. */
export type NewNote = {
  /** The text, 1 to 4,000 characters. */
  body: string,
};

/** The spans of a day in which the shop is open: at most four, in order, each from its start until
 * just before its end. */
export type OpeningHours = Array<[TimeOfDay, TimeOfDay]>;

/** An order in its current state. */
export type Order = {
  /** The order's id, `ord_X`. */
  id: OrderId,
  /** The customer's user id. */
  customerId: string,
  /** The customer's name when the order was placed. */
  customerName: string,
  /** The items, 1 to 100. */
  items: Array<Item>,
  /** Sum of quantity × unit price, in minor units, below 2^53. */
  total: number,
  /** ISO 4217, such as `EUR`. */
  currency: string,
  /** The order's status. */
  status: OrderStatus,
  /** The customer's note, at most 1,000 characters. */
  note?: string,
  /** When the order was placed. */
  createdAt: Time,
  /** When the status last changed, or when the order was placed. */
  updatedAt: Time,
  /** The conversation's id, `cnv_X` with the order's X. */
  conversationId: ConversationId,
};

/** An order and its conversation. */
export type OrderAnswer = {
  /** The order. */
  order: Order,
  /** The order's conversation. */
  conversation: Conversation,
};

/** The id of an order: `ord_X`. */
export type OrderId = string;

/** A page of a customer's orders. */
export type OrderPage = {
  /** The orders, newest first. */
  items: Array<OrderAnswer>,
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string,
};

/** `POST /api/sales`. */
export type OrderRequest = {
  /** The items of the order, 1 to 100. */
  items: Array<Item>,
  /** The currency as an ISO 4217 code, such as `EUR`. */
  currency: string,
  /** A note for the shop, at most 1,000 characters. */
  note?: string,
  /** The customer's user id, 1 to 128 bytes, when an admin places the order. Ignored when a
   * customer does. */
  customerId?: string,
  /** The customer's name, 1 to 200 characters, when an admin places the order. Ignored when a
   * customer does. */
  customerName?: string,
};

/** The status of an order. */
export type OrderStatus = "pending" | "confirmed" | "completed" | "cancelled";

/** The fields of an order that lists and the header of its conversation show. */
export type OrderSummary = {
  /** The order's id, `ord_X`. */
  id: OrderId,
  /** The first item's title, with the number of further items. */
  title: string,
  /** The first image URL that is short enough to store in the head. */
  imageUrl?: string,
  /** The total in minor units of the currency. */
  total: number,
  /** The currency as an ISO 4217 code. */
  currency: string,
  /** The order's status. */
  status: OrderStatus,
  /** When the order was placed. */
  createdAt: Time,
};

/** The answer to a status change. */
export type OrderUpdate = {
  /** The order after the change. */
  order: Order,
  /** The system message that reports the change; absent if the order already had that status. */
  message?: Message,
};

/** A participant of a conversation: the customer or an admin. */
export type Participant = {
  /** The participant's user id. */
  userId: string,
  /** `customer` or `admin`. */
  role: Role,
  /** The display name. */
  name: string,
  /** The participant has read every message up to this `seq`; 0 = none. */
  readSeq: number,
  /** Every message up to this `seq` is delivered to the participant; never below `readSeq`. What
   * is delivered to one admin is delivered to all, because they are one side. */
  deliveredSeq: number,
  /** Whether the participant has an open connection. Only in the answer for a single
   * conversation. */
  online?: boolean,
  /** When the participant's last connection ended; absent while online. Only in the answer for a
   * single conversation. */
  lastSeenAt?: Time,
};

/** A person with id, role and name: a caller, a sender, or the cause of a system message. */
export type Person = {
  /** The user id, which is the `sub` of the JWT: 1 to 128 bytes. Only the system has the id
   * `system`. */
  userId: string,
  /** The person's role. */
  role: Role,
  /** The display name: at most [`MAX_NAME_BYTES`]. */
  name: string,
};

/** A heartbeat. */
export type PingFrame = {
  /** The `asOf` of the last page of conversations. With it the answer has `changed`. */
  asOf?: Time,
};

/** A priority to set. */
export type Prioritize = {
  /** The priority. */
  to: Priority,
};

/** How urgent a conversation is. */
export type Priority = "none" | "low" | "medium" | "high" | "urgent";

/** An error as in RFC 9457 (problem details). */
export type Problem = {
  /** The kind of the problem, as a URI. It is an identifier, not an address to open. */
  type: string,
  /** A short text for the kind of the problem. */
  title: string,
  /** The HTTP status. */
  status: number,
  /** What is wrong in this case, and what the client can do. */
  detail: string,
  /** The error code. */
  code: Code,
  /** Only with `rate_limited`: milliseconds until the same request would be accepted. The header
   * `Retry-After` has the same time in seconds. */
  retryAfterMs?: number,
  /** Only with `overtaken`: the newest answer of another admin. */
  overtakenBy?: Message,
};

/** A reaction to add or to remove. */
export type React = {
  /** The emoji. */
  emoji: Emoji,
  /** True adds the caller's reaction, false removes it. */
  on: boolean,
};

/** One emoji under a message, with everybody who reacted with it. */
export type Reaction = {
  /** The emoji. */
  emoji: Emoji,
  /** The people who reacted with it: customer first, then admins by user id. Never empty. */
  by: Array<Person>,
};

/** The position of the caller's read cursor. */
export type ReadAnswer = {
  /** The caller has read every message up to this `seq`. */
  readSeq: number,
  /** How many messages of the other side the caller has not read. */
  unread: number,
};

/** `POST /api/chat/conversations/{id}/read`. */
export type ReadRequest = {
  /** The last `seq` that the caller has read. */
  seq: number,
};

/** A receipt for every entry up to `seq`. */
export type ReceiptFrame = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
  /** The last `seq` that the receipt covers. */
  seq: number,
};

/** The role of a person. */
export type Role = "customer" | "admin" | "system";

/** A message to send. */
export type SendFrame = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
  /** The sender's own id of this message, a UUID. It must be the same in every repeat. */
  clientMessageId: string,
  /** The text, 1 to 4,000 characters. */
  body: string,
  /** The `seq` up to which the sender had every message when it created `clientMessageId`. It
   * must be the same in every repeat. */
  seenSeq?: number,
  /** The `seq` of the message that this one answers. */
  replyTo?: number,
  /** With true, the message is refused with `overtaken` if another admin has answered after
   * `seenSeq`. Only for admins; needs `seenSeq`. */
  expectLast?: boolean,
};

/** A frame that the server sends. */
export type ServerEvent = { "event": "new_message",
  /** The conversation. */
  conversationId: ConversationId,
  /** The message. */
  message: Message,
}
| { "event": "order_message_update",
  /** The conversation. */
  conversationId: ConversationId,
  /** The summary of the order, for the list. */
  order: OrderSummary,
  /** The message. */
  message: Message,
  /** The conversation's last `seq`, which is this message's `seq`. */
  lastSeq: number,
}
| { "event": "message_delivered",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** Every message up to this `seq` is delivered to the participant. */
  seq: number,
}
| { "event": "message_read",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** Every message up to this `seq` is read by the participant. */
  seq: number,
}
| { "event": "user_typing",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** The participant's display name. */
  name: string,
  /** How long to show the typing indicator, in milliseconds, unless the event comes again. */
  expiresInMs: number,
}
| { "event": "user_stopped_typing",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** The participant's display name. */
  name: string,
}
| { "event": "presence",
  /** The customer's user id. */
  userId: string,
  /** The customer's role. */
  role: Role,
  /** Whether the customer has an open connection. */
  online: boolean,
  /** When the customer's last connection ended; absent while online. */
  lastSeenAt?: Time,
}
| { "event": "order_created",
  /** The order. */
  order: Order,
  /** The order's conversation, without `unread`. */
  conversation: Conversation,
}
| { "event": "order_updated",
  /** The order after the change. */
  order: Order,
  /** The system message that reports the change. */
  message: Message,
  /** The conversation's last `seq`, which is this message's `seq`. */
  lastSeq: number,
}
| { "event": "conversation_updated",
  /** The conversation, without `unread`. */
  conversation: Conversation,
  /** The change. */
  change: Change,
}
| { "event": "message_changed",
  /** The conversation. */
  conversationId: ConversationId,
  /** The change. */
  change: Change,
  /** The whole message, as it is now. */
  message: Message,
  /** The conversation's last `seq`. */
  lastSeq: number,
}
| { "event": "desk_updated",
  /** The conversation. */
  conversationId: ConversationId,
  /** The entry. */
  entry: DeskEntry,
  /** What the shop decided, as it is after `deskSeq` entries. */
  desk: Desk,
  /** The number of entries of the shop's log. It is higher than that of the entry if the event is
   * repeated. */
  deskSeq: number,
}
| { "event": "settings_updated",
  /** What has changed. */
  what: Settings,
}
| { "event": "ack",
  /** The `requestId` of the request. */
  requestId: string,
} & ({
  /** The stored change. */
  change: Change,
  /** The message as it is now. */
  message: Message,
  /** Whether an earlier request had stored the change. */
  duplicate: boolean,
}
| {
  /** The stored message. */
  message: Message,
  /** Whether an earlier request had stored it. */
  duplicate: boolean,
}
| {
  /** The conversation with its participants' `online`, and for customers with `shop`. */
  conversation: Conversation,
  /** The id of this connection. A request over REST may name it. */
  connectionId: string,
}
| {
  /** The position of the caller's read cursor. */
  readSeq: number,
  /** How many messages of the other side the caller has not read. */
  unread: number,
}
| {
  /** The position of the caller's delivery cursor. */
  deliveredSeq: number,
}
| {
  /** The server's time. */
  serverTime: Time,
  /** The shop's presence; only for customers. */
  shop?: Shop,
  /** Whether a sync would find something; only if the `ping` had `asOf`. */
  changed?: boolean,
} | Record<symbol, never>)
| { "event": "error",
  /** The `requestId` of the request; absent if the frame had none. */
  requestId?: string,
  /** The error code. Clients decide by the code. */
  code: Code,
  /** What is wrong and what the client can do. */
  message: string,
  /** Only with `rate_limited`: milliseconds until the same request would be accepted. */
  retryAfterMs?: number,
  /** Only with `overtaken`: the newest answer of another admin. */
  overtakenBy?: Message,
};

/** `PATCH /api/chat/conversations/{id}`. */
export type SetConversationStatus = {
  /** The new status. */
  status: ConversationStatus,
};

/** `PATCH /api/sales/{orderId}/status`. */
export type SetOrderStatus = {
  /** The new status. */
  status: OrderStatus,
};

/** `PUT /api/chat/sla`. */
export type SetSla = {
  /** The policy; absent to have none. */
  policy?: SlaPolicy,
};

/** A conversation's status to set. */
export type SetStatusOfConversation = {
  /** The status. */
  to: ConversationStatus,
};

/** An order's status to set. */
export type SetStatusOfOrder = {
  /** The status. */
  to: OrderStatus,
};

/** What the shop has set. */
export type Settings = "tags" | "canned_responses" | "sla";

/** The customer waits for no answer. It has no fields. */
export type Settle = Record<symbol, never>;

/** The presence of the shop, for customers. */
export type Shop = {
  /** Whether any admin has an open connection. */
  online: boolean,
  /** When the last admin's connection ended; absent while one is online. */
  lastSeenAt?: Time,
};

/** The shop's SLA. */
export type Sla = {
  /** The policy; absent if the shop has none. */
  policy?: SlaPolicy,
};

/** A clock of a conversation. Pauses and the time in which the shop is closed do not count.
 *
 * A list shows the time from now to `due`, until it is over. It counts down, except while `paused`.
 * Then `due` moves on with the time, and the list shows `left_ms`. */
export type SlaClock = {
  /** What it measures. */
  kind: SlaKind,
  /** Since when it runs. */
  since: Time,
  /** When its time is over. While it is paused: when it would be over if the snooze ended now. */
  due: Time,
  /** When a quarter of its time is left, in the same way. */
  warnAt: Time,
  /** True while the conversation is snoozed, unless the clock's time was over before. */
  paused: boolean,
  /** Only while it is paused: the milliseconds from now to `due`, which stay as they are. */
  leftMs?: number,
};

/** What a clock of the SLA measures. */
export type SlaKind = "first_response" | "next_response" | "resolution";

/** What the shop has promised itself. No time that follows from it is stored, so a new policy holds
 * for everything at once. */
export type SlaPolicy = {
  /** The targets by priority. A priority without an entry has that of `none`. */
  targets: { [key in Priority]?: SlaTarget },
  /** When the shop is open. Absent: always. */
  calendar?: Calendar,
};

/** The times for conversations of one priority, in minutes of business time. Without a time there is
 * no such clock. */
export type SlaTarget = {
  /** From the customer's first message to the shop's first answer. */
  firstResponseMinutes?: Minutes,
  /** From a later message of the customer to the shop's answer. */
  nextResponseMinutes?: Minutes,
  /** From the order to its completion or cancellation. */
  resolutionMinutes?: Minutes,
};

/** A conversation that was put off. */
export type Snooze = {
  /** When an admin snoozed it. */
  since: Time,
  /** When it wakes by itself. Absent: only with the customer's next message. */
  until?: Time,
  /** The `seq` of the conversation's last entry at that time. A message of the customer after it
   * wakes the conversation. */
  afterSeq: number,
};

/** How long to put a conversation off. */
export type SnoozeRequest = {
  /** When it wakes by itself: in the future, at most a year from now. Absent: only with the
   * customer's next message, which wakes it in any case. */
  until?: Time,
};

/** The event that a system message reports. `by` is the person who caused it. */
export type System = { "type": "order_created",
  /** The person who placed it: the customer, or an admin for the customer. */
  by: Person,
}
| { "type": "status_changed",
  /** The status before. */
  from: OrderStatus,
  /** The status after. */
  to: OrderStatus,
  /** The admin who changed it. */
  by: Person,
};

/** A tag that the shop has defined. */
export type Tag = {
  /** Its id. Conversations have ids, so a new name needs no change of them. */
  id: TagId,
  /** Its name, 1 to 40 characters. */
  name: string,
  /** Its color. */
  color: TagColor,
};

/** A tag. */
export type TagAnswer = {
  /** The tag. */
  tag: Tag,
};

/** Tags to add and to remove. */
export type TagChange = {
  /** The ids of the tags to add. */
  add?: Array<TagId>,
  /** The ids of the tags to remove. */
  remove?: Array<TagId>,
};

/** The color of a tag. A page shows the name too, never the color alone. */
export type TagColor = "gray" | "red" | "orange" | "yellow" | "green" | "teal" | "blue" | "purple";

/** The id of a tag: eight characters of the alphabet of base 32. It is short because a head has up
 * to [`MAX_TAGS`] of them, and a head is written with every message. */
export type TagId = string;

/** The shop's tags, by name. */
export type TagList = {
  /** The tags. */
  items: Array<Tag>,
};

/** `POST /api/chat/tags` and `PATCH /api/chat/tags/{id}`. */
export type TagRequest = {
  /** Its name, 1 to 40 characters. */
  name: string,
  /** Its color. */
  color: TagColor,
};

/** A part of a text, in UTF-16 code units, as JavaScript counts. */
export type TextRange = {
  /** The index of the first code unit. */
  start: number,
  /** The index after the last code unit. */
  end: number,
};

/** A ticket for opening a WebSocket connection. */
export type TicketAnswer = {
  /** The ticket. It opens one connection. */
  ticket: string,
  /** Seconds until the ticket expires; at most 60. */
  expiresIn: number,
  /** The WebSocket URL to connect to. It contains the ticket. */
  url: string,
  /** The user that the connection will belong to. */
  user: User,
  /** The server's time. */
  serverTime: Time,
};

/** A time in UTC with millisecond precision. On the wire it is RFC 3339 with exactly three
 * decimals. */
export type Time = string;

/** A time of a day as a clock on the wall shows it: `HH:MM`. The end of a day is `24:00`. */
export type TimeOfDay = string;

/** A time zone of the IANA database, such as `Europe/Berlin`. */
export type Timezone = string;

/** The caller, with the values of the token. */
export type User = {
  /** The token's `sub`. */
  userId: string,
  /** The token's `role`; `admin` also for an agent. */
  role: Role,
  /** The token's `name`. */
  name: string,
  /** True if the token's `role` is `agent`: an admin who may not change what the shop has set. */
  agent?: boolean,
};

/** The answer of `GET /api/chat/views`: how many active conversations each view has, at most 100. 100
 * means 100 or more. */
export type Views = {
  /** Those of the caller that are not snoozed. */
  mine: number,
  /** Those of nobody that are not snoozed. */
  unassigned: number,
  /** Those that are snoozed. */
  snoozed: number,
  /** All of them. */
  all: number,
};

/** The end of a snooze. It has no fields. */
export type Wake = Record<symbol, never>;

/** The opening hours of a week. On a day without an entry the shop is closed. At least one day has
 * a span. */
export type Week = { [key in Weekday]?: OpeningHours };

/** A day of the week. */
export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

// Sends a message in one round trip and one transaction.
//
// One update checks the membership and that the conversation is open, and sets the next number, the
// last message and the other side's unread count. Its row lock queues concurrent senders of a
// conversation. Its result has what the pushes need.

import { store as storeByModels } from './send-models.js';

export const SEND = `
CREATE PROCEDURE send_message(
  IN conversation BIGINT UNSIGNED, IN sender VARCHAR(128), IN role VARCHAR(8), IN name VARCHAR(200),
  IN client_id BINARY(16), IN said TEXT, IN at DATETIME(3))
MODIFIES SQL DATA
BEGIN
  DECLARE EXIT HANDLER FOR 1062 BEGIN
    ROLLBACK;
    SELECT m.seq, m.created_at AS createdAt, TRUE AS duplicate FROM messages m
      WHERE m.conversation_id = conversation AND m.client_message_id = client_id;
  END;
  START TRANSACTION;
  UPDATE conversations SET last_seq = (@seq := last_seq + 1), last_body = said, last_sender_id = sender, last_activity_at = at,
      status = 'active', customer_unread = customer_unread + (role = 'admin'), shop_unread = shop_unread + (role = 'customer')
    WHERE id = conversation AND status <> 'closed' AND (role = 'admin' OR customer_id = sender);
  IF ROW_COUNT() = 0 THEN
    ROLLBACK;
    SELECT NULL AS seq;
  ELSE
    INSERT INTO messages VALUES (conversation, @seq, client_id, sender, role, name, 'text', said, at);
    COMMIT;
    SELECT @seq AS seq, o.id, o.customer_id AS customerId, o.title, o.total, o.currency, o.status, o.created_at AS createdAt
      FROM orders o WHERE o.id = conversation;
  END IF;
END`;

const CALL = 'CALL send_message($1, $2, $3, $4, $5, $6, $7)';
// Validates the request: a UUID, and a text of 1 to 4,000 characters without control characters
// that is not only white space.
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const store = process.env.SEND === 'models' ? storeByModels : storeByCall;

async function storeByCall(database, { conversationId, sender: { userId, role, name }, id, body, now }) {
  const [stored] = await database.call(CALL, [conversationId, userId, role, name, id, body, now]);
  return stored;
}

/** Stores and pushes; the message, or a `code` that says why not. `socket` gets no push: it gets the answer. */
export async function send(io, database, sender, { conversationId, clientMessageId, body }, socket) {
  if (!Number.isSafeInteger(conversationId)) return { code: 'not_found' };
  if (typeof clientMessageId !== 'string' || !UUID.test(clientMessageId)) return { code: 'invalid_request' };
  if (typeof body !== 'string' || body.length > 8_000 || body.trim() === '' || CONTROLS.test(body)
    || (body.length > 4_000 && [...body].length > 4_000)) return { code: 'invalid_request' };

  const now = new Date();
  const id = Buffer.from(clientMessageId.replaceAll('-', ''), 'hex');
  const stored = await store(database, { conversationId, sender, id, body, now });
  if (stored.seq === null) return { code: 'not_found' };
  const { userId, role, name } = sender;
  const seq = Number(stored.seq);
  const createdAt = stored.duplicate ? stored.createdAt : now;
  const message = { conversationId, seq, clientMessageId, sender: { userId, role, name }, kind: 'text', body, createdAt };
  if (stored.duplicate) return { message, duplicate: true };

  const { customerId, title, total, currency, status } = stored;
  const order = { id: conversationId, title, total: Number(total), currency, status, createdAt: stored.createdAt };
  const room = `conversation:${conversationId}`;
  const from = socket ?? io;
  from.to(room).emit('new_message', { conversationId, message });
  from.to([`user:${customerId}`, 'admins']).except(room)
    .emit('order_message_update', { conversationId, order, message, lastSeq: seq });
  return { message, duplicate: false };
}

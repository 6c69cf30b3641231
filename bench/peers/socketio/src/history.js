// Reads a conversation and its messages, in the form in which they are pushed.

const COLUMNS = 'seq, client_message_id AS clientMessageId, sender_id, sender_role, sender_name, kind, body, created_at AS createdAt';
const AFTER = `SELECT ${COLUMNS} FROM messages WHERE conversation_id = $1 AND seq > $2 ORDER BY seq LIMIT 100`;
const BEFORE = `SELECT ${COLUMNS} FROM messages WHERE conversation_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT 50`;
const OWN = `
SELECT id, status, last_seq AS lastSeq, customer_read_seq AS customerReadSeq, shop_read_seq AS shopReadSeq
  FROM conversations WHERE id = $1 AND ($2 = 'admin' OR customer_id = $3)`;

/** The conversation as a participant sees it, or null. */
export async function conversation(database, { userId, role }, id) {
  if (!Number.isSafeInteger(id)) return null;
  const [found] = await database.select(OWN, [id, role, userId]);
  return found ?? null;
}

export async function after(database, conversationId, seq) {
  return (await database.select(AFTER, [conversationId, seq])).map((row) => message(conversationId, row));
}

export async function before(database, conversationId, seq) {
  return (await database.select(BEFORE, [conversationId, seq])).map((row) => message(conversationId, row)).reverse();
}

function message(conversationId, { seq, clientMessageId, sender_id, sender_role, sender_name, kind, body, createdAt }) {
  const sender = { userId: sender_id, role: sender_role, name: sender_name };
  const id = clientMessageId?.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { conversationId, seq: Number(seq), clientMessageId: id, sender, kind, body, createdAt };
}

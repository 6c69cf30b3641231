// The same send as it is often written: with Sequelize's models in a transaction, in six round
// trips. It is used with SEND=models, to show what the single round trip of `send.js` saves.

import { UniqueConstraintError } from 'sequelize';

export async function store({ sequelize, Conversation, Message, Order }, { conversationId, sender, id, body, now }) {
  const { userId, role, name } = sender;
  try {
    return await sequelize.transaction(async (transaction) => {
      const conversation = await Conversation.findByPk(conversationId, { transaction, lock: transaction.LOCK.UPDATE });
      const allowed = conversation && (role === 'admin' || conversation.customerId === userId);
      if (!allowed || conversation.status === 'closed') return { seq: null };
      const seq = conversation.lastSeq + 1;
      const said = { senderId: userId, senderRole: role, senderName: name, kind: 'text', body, createdAt: now };
      await Message.create({ conversationId, seq, clientMessageId: id, ...said }, { transaction });
      const unread = role === 'admin'
        ? { customerUnread: conversation.customerUnread + 1 }
        : { shopUnread: conversation.shopUnread + 1 };
      const last = { lastSeq: seq, lastBody: body, lastSenderId: userId, lastActivityAt: now, status: 'active' };
      await conversation.update({ ...last, ...unread }, { transaction });
      const { customerId, title, total, currency, status, createdAt } = await Order.findByPk(conversationId, { transaction });
      return { seq, customerId, title, total, currency, status, createdAt };
    });
  } catch (error) {
    if (!(error instanceof UniqueConstraintError)) throw error;
    const { seq, createdAt } = await Message.findOne({ where: { conversationId, clientMessageId: id } });
    return { seq, createdAt, duplicate: true };
  }
}

// The tables, their indexes, and the connection pool.

import { DataTypes, QueryTypes, Sequelize } from 'sequelize';
import { SEND } from './send.js';

const text = (length) => ({ type: DataTypes.STRING(length), allowNull: false });
const count = () => ({ type: DataTypes.BIGINT.UNSIGNED, allowNull: false, defaultValue: 0 });
const time = () => ({ type: DataTypes.DATE(3), allowNull: false });

export async function connect(socketPath) {
  const sequelize = new Sequelize('chat', 'root', '', {
    dialect: 'mysql',
    // With `bind`, Sequelize uses prepared statements, which each connection of the pool caches.
    dialectOptions: { socketPath, maxPreparedStatements: 100 },
    pool: { max: 10, min: 10, idle: 600_000 },
    logging: false,
    timezone: '+00:00',
    define: { timestamps: false, underscored: true },
  });
  const Order = sequelize.define('order', {
    id: { type: DataTypes.BIGINT.UNSIGNED, primaryKey: true, autoIncrement: true },
    customerId: text(128),
    customerName: text(200),
    title: text(200),
    items: { type: DataTypes.JSON, allowNull: false },
    total: count(),
    currency: text(3),
    status: { ...text(16), defaultValue: 'pending' },
    createdAt: time(),
  }, { indexes: [{ fields: ['customer_id', 'created_at'] }] });

  // One row has everything that a list shows and a send changes: the last message, and each side's
  // unread count and cursors.
  const Conversation = sequelize.define('conversation', {
    id: { type: DataTypes.BIGINT.UNSIGNED, primaryKey: true },
    customerId: text(128),
    status: { ...text(16), defaultValue: 'active' },
    lastSeq: count(),
    lastBody: { type: DataTypes.TEXT, allowNull: false },
    lastSenderId: text(128),
    lastActivityAt: time(),
    customerUnread: count(),
    shopUnread: count(),
    customerReadSeq: count(),
    shopReadSeq: count(),
  }, { indexes: [{ fields: ['customer_id', 'last_activity_at'] }, { fields: ['status', 'last_activity_at'] }] });

  // The primary key has the order in which a history is read. The unique key finds a repeated send.
  const Message = sequelize.define('message', {
    conversationId: { type: DataTypes.BIGINT.UNSIGNED, primaryKey: true },
    seq: { type: DataTypes.BIGINT.UNSIGNED, primaryKey: true },
    clientMessageId: { type: DataTypes.BLOB('tiny'), allowNull: true },
    senderId: text(128),
    senderRole: text(8),
    senderName: text(200),
    kind: text(8),
    body: { type: DataTypes.TEXT, allowNull: false },
    createdAt: time(),
  }, { indexes: [{ unique: true, fields: ['conversation_id', { name: 'client_message_id', length: 16 }] }] });

  await sequelize.sync();
  await sequelize.query('DROP PROCEDURE IF EXISTS send_message');
  await sequelize.query(SEND);

  const select = (sql, bind) => sequelize.query(sql, { bind, type: QueryTypes.SELECT, raw: true });
  const update = async (sql, bind) => (await sequelize.query(sql, { bind, type: QueryTypes.UPDATE }))[1];
  const call = (sql, bind) => sequelize.query(sql, { bind, type: QueryTypes.RAW, raw: true });
  return { sequelize, Order, Conversation, Message, select, update, call };
}

// Starts the server: waits for the database, makes its tables, listens, and says where.
//
// DATABASE_SOCKET  the path of MariaDB's socket
// JWT_SECRET       the key of HS256 tokens
// PORT             0 or absent picks a free one

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { chat } from './chat.js';
import { connect } from './database.js';
import { rest } from './rest.js';

const database = await connect(process.env.DATABASE_SOCKET);
const server = createServer(rest(database));
const io = new Server(server, {
  // What costs: no polling to upgrade from, no compression, no client to hand out.
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
});
// Each connection would otherwise keep its handshake's request as long as it lives.
io.engine.on('connection', (socket) => {
  socket.request = null;
});
chat(io, database);
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

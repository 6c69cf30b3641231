// Starts the server: waits for the database, creates its tables, listens, and prints its address.
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
  // Disables what costs time or memory: upgrading from polling, compression, serving the client.
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
});
// Otherwise each connection would keep its handshake request until it closes.
io.engine.on('connection', (socket) => {
  socket.request = null;
});
chat(io, database);
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

// Opens a socket to where a hub is, and does nothing with it.
import { once } from 'node:events';
import { connect } from 'node:net';

const { hostname, port } = new URL(process.argv[2]);
const socket = connect(Number(port), hostname);
await once(socket, 'connect');
socket.destroy();

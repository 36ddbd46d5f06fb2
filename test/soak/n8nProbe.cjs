// Loaded into n8n's process (NODE_OPTIONS): tells on a socket file, SOAK_PROBE, what is left of its memory after a
// garbage collection, and what keeps it busy. One connection is one question: an empty line, or the path of a file that a
// heap snapshot is to be written to.
const net = require('node:net');
const v8 = require('node:v8');
const vm = require('node:vm');

const socketFile = process.env.SOAK_PROBE;
// Not in processes that n8n starts.
delete process.env.SOAK_PROBE;
delete process.env.NODE_OPTIONS;

if (socketFile) {
	v8.setFlagsFromString('--expose-gc');
	const collectGarbage = vm.runInNewContext('gc');
	v8.setFlagsFromString('--no-expose-gc');

	const server = net.createServer((socket) => {
		socket.on('error', () => {}); // whoever asked is gone
		socket.once('data', (line) => {
			const snapshotFile = line.toString().trim();
			collectGarbage();
			const { heapUsed, external } = process.memoryUsage();
			const resources = {};
			for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
			if (snapshotFile !== '') v8.writeHeapSnapshot(snapshotFile);
			socket.end(JSON.stringify({ heapUsed, external, resources }));
		});
	});
	server.listen(socketFile);
	server.unref();
}

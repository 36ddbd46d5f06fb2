import { once } from 'node:events';
import http from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface TestProxyOptions {
	/** Instead of opening a tunnel or passing a request on. `hang`: says nothing. */
	answer?: { status: number; body?: string } | 'hang' | 'close';
}

/** An HTTP proxy on this machine: tunnels for https, requests passed on for http. */
export interface TestProxy {
	url: string;
	port: number;
	/** `host:port` of every tunnel that was asked for. */
	readonly tunnels: string[];
	/** The URL of every plain request that was to be passed on. */
	readonly forwarded: string[];
	/** `Proxy-Authorization` of each of both, in order. */
	readonly authorizations: Array<string | undefined>;
	/** All bytes that came in outside of tunnels, as text. */
	readonly received: string;
	readonly accepted: number;
	readonly open: number;
	close(): Promise<void>;
}

const running = new Set<TestProxy>();

/** For `afterEach`. */
export async function closeProxies(): Promise<void> {
	await Promise.all([...running].map((proxy) => proxy.close()));
}

export async function startProxy({ answer }: TestProxyOptions = {}): Promise<TestProxy> {
	const tunnels: string[] = [];
	const forwarded: string[] = [];
	const authorizations: Array<string | undefined> = [];
	const sockets = new Set<Socket>();
	const agent = new http.Agent({ keepAlive: true });
	let accepted = 0;
	let received = '';

	const server = http.createServer((request, response) => {
		forwarded.push(request.url ?? '');
		authorizations.push(request.headers['proxy-authorization']);
		if (answer === 'hang') return;
		if (answer === 'close') return void request.socket.destroy();
		if (answer) return void response.writeHead(answer.status).end(answer.body);
		const { 'proxy-authorization': _authorization, 'proxy-connection': _connection, ...headers } = request.headers;
		const onward = http.request(request.url ?? '', { method: request.method, headers, agent }, (reply) => {
			response.writeHead(reply.statusCode ?? 500, reply.headers);
			reply.pipe(response);
		});
		onward.on('error', () => response.destroy());
		request.pipe(onward);
	});
	server.on('connect', (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
		tunnels.push(request.url ?? '');
		authorizations.push(request.headers['proxy-authorization']);
		// Node leaves it to us to notice that the other side is gone.
		if (answer === 'hang') return void socket.resume().on('end', () => socket.destroy());
		if (answer === 'close') return void socket.destroy();
		if (answer) {
			const { status, body = '' } = answer;
			socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
			socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
			return;
		}
		const [host, port] = (request.url ?? '').split(':');
		const onward = connect(Number(port), host);
		watch(onward);
		onward.on('connect', () => {
			socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
			onward.write(head);
			socket.pipe(onward).pipe(socket);
		});
		onward.on('close', () => socket.destroy());
		socket.on('close', () => onward.destroy());
	});
	server.on('connection', (socket: Socket) => {
		accepted++;
		watch(socket);
	});
	function watch(socket: Socket): void {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		socket.on('error', () => {});
	}

	server.keepAliveTimeout = 0;
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	// Listening on a host and a port, the server has an address with both.
	const { port } = server.address() as AddressInfo;
	const proxy: TestProxy = {
		url: `http://127.0.0.1:${port}`,
		port,
		tunnels,
		forwarded,
		authorizations,
		get received() {
			return received;
		},
		get accepted() {
			return accepted;
		},
		get open() {
			return sockets.size;
		},
		async close() {
			if (!running.delete(proxy)) return;
			agent.destroy();
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
	running.add(proxy);
	return proxy;
}

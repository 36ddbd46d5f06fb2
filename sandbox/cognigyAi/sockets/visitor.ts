import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io';
import * as z from 'zod/v4';
import type { AiError } from '../contract';
import { activeEndpoint } from '../endpoints/lookup';
import type { FaultOf } from '../faults/fault';
import { withoutSecrets } from '../journalEntry';
import { anyObject, id, personOrSession, stringField, utterance } from '../readBody';
import { Refusal } from '../refusal';
import type { Endpoint } from '../resources';
import type { Service } from '../service';
import type { Outlet } from '../sessions/outlet';
import type { Identity } from './identity';
import { refuseSocket } from './refuseSocket';
import type { SocketLine } from './socketLine';

/** What a client says over a socket. Unknown fields are ignored. */
const processInput = z.object({
	URLToken: id,
	userId: personOrSession,
	sessionId: personOrSession,
	resetFlow: z.boolean().optional(),
	text: utterance.nullish(),
	data: anyObject.nullish(),
});

interface Admission {
	identity: Identity;
	endpoint: Endpoint;
	line: SocketLine;
}

/** A socket that has just connected: lets it in, and takes what it says. */
export class Visitor {
	readonly #admission: Promise<Admission | undefined>;
	readonly #socket: Socket;
	readonly #service: Service;

	constructor(socket: Socket, service: Service, identity: Promise<Identity | undefined>) {
		this.#socket = socket;
		this.#service = service;
		// What comes before it is let in waits.
		this.#admission = identity.then((known) => this.#admit(known));
		socket.on('processInput', (payload: unknown) => void this.#take(payload));
	}

	async #admit(identity: Identity | undefined): Promise<Admission | undefined> {
		const socket = this.#socket;
		const service = this.#service;
		const { settings, socketLines, faults } = service;
		let endpoint: Endpoint;
		try {
			if (!identity) throw new Refusal(400, 400, 'urlToken, userId and sessionId must be sent');
			endpoint = activeEndpoint(service, identity.urlToken);
			if (endpoint.channel !== 'socket') throw new Refusal(400, 400, 'This is no Socket.IO Endpoint');
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			service.stats.count(({ sockets }) => (sockets.refused += 1));
			refuseSocket(socket, error, settings.socketRefusal);
			return undefined;
		}
		const { userId, sessionId } = identity;
		const traits = { endpoint: endpoint.name, userId, sessionId, key: null, reusedConnection: null };
		const fault = faults.take('ready', traits);
		if (fault?.kind === 'latency') await sleep(fault.ms, undefined, { ref: false });
		if (settings.endpointReady && fault?.kind !== 'never') socket.emit('endpoint-ready');
		const line = socketLines.lineOf(endpoint, identity);
		if (socket.connected) line.join(socket, identity.emitWithAck);
		return { identity, endpoint, line };
	}

	async #take(payload: unknown): Promise<void> {
		const admission = await this.#admission;
		if (!admission) return;
		const { identity, endpoint, line } = admission;
		const { exchanges, faults, connections } = this.#service;
		const { socket: connection } = this.#socket.request;
		const exchange = exchanges.begin({
			via: 'socket',
			method: 'EVENT',
			path: 'processInput',
			operation: 'processInput',
			endpoint: endpoint.name,
			userId: stringField(payload, 'userId'),
			sessionId: stringField(payload, 'sessionId'),
			body: withoutSecrets(payload),
		});
		const fault = faults.take('processInput', exchange.traits());
		exchange.faultTaken(fault?.kind);
		switch (fault?.kind) {
			case 'hang':
				break;
			case 'dropBefore':
				connection.destroy();
				break;
			case 'resetBefore':
				connections.reset(connection);
				break;
			case 'errorOutput':
				line.error(errorOf(fault));
				break;
			case 'exception':
				this.#socket.emit('exception', { data: { error: errorOf(fault) } });
				break;
			case 'errorEvent':
				this.#socket.emit('error', { data: { error: errorOf(fault) } });
				break;
			default:
				if (fault?.kind === 'latency') await sleep(fault.ms, undefined, { ref: false });
				exchange.entry.refusal = this.#run(payload, identity, line, fault) ?? null;
				exchange.entry.ran = exchange.entry.refusal === null;
		}
		exchange.close();
	}

	/** Lets the flow run. Returns why not, if it may not. */
	#run(
		payload: unknown,
		identity: Identity,
		line: SocketLine,
		fault: FaultOf<'processInput'> | undefined,
	): string | undefined {
		const { sessions, turns } = this.#service;
		try {
			const { URLToken, userId, sessionId, resetFlow, text, data } = parsed(payload);
			const isOwn = URLToken === identity.urlToken && userId === identity.userId && sessionId === identity.sessionId;
			if (!isOwn) throw new Refusal(400, 1005, 'The input is not for the session of this connection');
			const endpoint = activeEndpoint(this.#service, URLToken);
			const isEmpty = (text ?? '') === '' && data === undefined;
			if (isEmpty && !resetFlow) throw new Refusal(400, 1000, 'Either text or data must be sent');
			void turns.run(sessions.use(identity, endpoint), {
				input: { text: text ?? '', data: data ?? {} },
				source: 'user',
				testMode: identity.testMode,
				outlet: outletFor(line, fault),
				laterOutlet: line,
				resetFlow,
			});
			return undefined;
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			line.error({ message: error.message, code: error.code });
			return error.message;
		}
	}
}

function parsed(payload: unknown): z.output<typeof processInput> {
	const result = processInput.safeParse(payload);
	if (result.success) return result.data;
	const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
	throw new Refusal(400, 1005, problems.join('; '));
}

/** The line, spoiled as the fault says. */
function outletFor(line: SocketLine, fault: FaultOf<'processInput'> | undefined): Outlet {
	const dropAfter = fault?.kind === 'dropMidTurn' ? fault.outputs : undefined;
	let outputs = 0;
	return {
		typing: (status) => line.typing(status),
		output: (said) => {
			if (outputs === dropAfter) line.cut();
			outputs += 1;
			line.output(said);
		},
		error: (error) => line.error(error),
		finalPing: (type) => {
			if (dropAfter !== undefined && outputs <= dropAfter) line.cut();
			if (fault?.kind !== 'noFinalPing') line.finalPing(type);
		},
	};
}

function errorOf({ message, code }: AiError): AiError {
	return { message, code };
}

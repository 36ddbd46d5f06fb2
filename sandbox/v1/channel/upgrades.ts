import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, refusalAnswer, toWire, type WireAnswer } from '../../http/answers';
import type { ScriptedBot } from '../bots';
import type { Connections } from '../../http/connections';
import type { Exchange } from '../../journal/exchanges';
import { isInstead, type FaultOf } from '../faults/fault';
import { answerInstead } from '../../faults/instead';
import type { JournalEntry } from '../../journal/journal';
import { connect, type ConnectCall } from '../operations/connect';
import { Channel, type ChannelContext } from './channel';
import { shakeHands } from './handshake';
import { Peer } from './peer';
import { destroyOnEnd, endWith } from '../../http/rawHttp';
import { readUpgrade, traitsOfUpgrade } from './readUpgrade';

export interface UpgradesOptions extends ChannelContext {
	connections: Connections;
}

/** A request for an upgrade. */
interface Upgrade {
	request: IncomingMessage;
	/** What the client has sent after it already. */
	head: Buffer;
	exchange: Exchange;
}

/** Opens runtime channels (docs/protocol-v1.md#runtime-channel). */
export class Upgrades {
	readonly #options: UpgradesOptions;

	constructor(options: UpgradesOptions) {
		this.#options = options;
	}

	watch(server: Server): void {
		server.on('upgrade', (request, socket, head) => {
			// Node has taken its own listeners away. That something went wrong shows in the connection being closed.
			socket.on('error', () => undefined);
			const exchange = this.#options.exchanges.begin('connect', request, socket);
			void this.#serve({ request, head, exchange });
		});
	}

	async #serve(upgrade: Upgrade): Promise<void> {
		const { service, faults, connections, latencyMs } = this.#options;
		const { request, exchange } = upgrade;
		const { socket } = request;
		const call = readUpgrade(request, exchange.entry, service);
		const fault = faults.take('connect', traitsOfUpgrade(exchange.entry));
		exchange.faultTaken(fault?.kind);

		const stopWatching = destroyOnEnd(socket);
		const outcome = fault && isInstead(fault) ? answerInstead(fault, socket, connections) : this.#connect(call);
		if (!outcome) return;
		const delayMs = latencyMs + (fault?.kind === 'latency' ? fault.ms : 0);
		// Does not keep the process alive: whoever closes the sandbox does not wait for answers.
		if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
		if (socket.destroyed) return;
		stopWatching();

		if (!('status' in outcome)) this.#open(upgrade, outcome, fault);
		else if (fault?.kind === 'dropAfter') socket.destroy();
		else if (fault?.kind === 'resetAfter') connections.reset(socket);
		else endWith(outcome, socket, exchange);
	}

	/** The bot that a channel may be opened for, or why none may be. */
	#connect(call: ConnectCall): ScriptedBot | WireAnswer {
		try {
			return connect(this.#options.service, call);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			return refused(error, call.entry);
		}
	}

	#open({ request, head, exchange }: Upgrade, bot: ScriptedBot, fault: FaultOf<'connect'> | undefined): void {
		const { socket } = request;
		const webSocket = shakeHands(request, head, fault?.kind !== 'noSubprotocol');
		if (webSocket instanceof Error) {
			endWith(refused(new Refusal(400, 'bad_request', webSocket.message), exchange.entry), socket, exchange);
			return;
		}
		exchange.entry.ran = true;
		exchange.answered(101);
		exchange.close();

		const peer = new Peer(webSocket, socket, this.#options.connections);
		const channel = new Channel(peer, bot, exchange, this.#options);
		channel.serve(webSocket);
		switch (fault?.kind) {
			case 'dropAfter':
				return channel.abandon('drop');
			case 'resetAfter':
				return channel.abandon('reset');
			case 'freeze':
				return channel.abandon('freeze');
			default:
				return;
		}
	}
}

function refused(refusal: Refusal, entry: JournalEntry): WireAnswer {
	entry.refusal = refusal.message;
	return toWire(refusalAnswer(refusal));
}

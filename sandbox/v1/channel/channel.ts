import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { ScriptedBot } from '../bots';
import type { Exchange, Exchanges } from '../../journal/exchanges';
import type { FaultPlan } from '../faults/faultPlan';
import { reactAfter, reactInstead, type Reaction } from '../faults/frames';
import { FrameRefusal, type FrameAnswer } from '../operations/frameCall';
import { reset } from '../operations/reset';
import { stateCheck } from '../operations/stateCheck';
import type { Service } from '../service';
import type { Peer } from './peer';
import { readFrame, type FrameRequest } from './readFrame';

export interface ChannelContext {
	service: Service;
	exchanges: Exchanges;
	faults: FaultPlan;
	/** How long every answer is held back, in ms. */
	latencyMs: number;
}

/** An open runtime channel (docs/protocol-v1.md#runtime-channel): answers one request at a time. */
export class Channel {
	/** The request that is being answered, or never will be. */
	#unanswered: Exchange | undefined;
	#hasCarriedFrame = false;
	/** An answer that is to be sent once more, before the next one. */
	#leftOver: string | Buffer | undefined;
	/** Closed, cut or frozen: what still arrives is not looked at. */
	#isOver = false;
	readonly #peer: Peer;
	readonly #bot: ScriptedBot;
	readonly #opening: Exchange;
	readonly #context: ChannelContext;

	/** @param opening the exchange that opened it */
	constructor(peer: Peer, bot: ScriptedBot, opening: Exchange, context: ChannelContext) {
		this.#peer = peer;
		this.#bot = bot;
		this.#opening = opening;
		this.#context = context;
	}

	/** Serves what arrives, until the end. */
	serve(webSocket: WebSocket): void {
		const { stats } = this.#context.service;
		stats.channelOpened();
		// A buffer: the WebSocket was not told to use another type.
		webSocket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
		webSocket.on('ping', () => {
			if (!this.#isOver) stats.pingArrived();
		});
		// What is wrong with the client's frames; the WebSocket closes itself with the code that fits.
		webSocket.on('error', () => (this.#isOver = true));
		webSocket.on('close', (code) => {
			this.#isOver = true;
			this.#opening.entry.closeCode = code;
			this.#unanswered?.close();
			stats.channelClosed();
		});
	}

	/** Cuts or freezes the connection. */
	abandon(how: 'drop' | 'reset' | 'freeze'): void {
		this.#isOver = true;
		this.#peer[how]();
	}

	#receive(data: Buffer, isBinary: boolean): void {
		if (this.#isOver) return;
		const { content, ...recognised } = readFrame(data, isBinary);
		const { path, user, botId } = this.#opening.entry;
		const reusedConnection = this.#hasCarriedFrame;
		const exchange = this.#context.exchanges.beginFrame({ path, user, botId, reusedConnection, ...recognised });
		this.#hasCarriedFrame = true;

		if (this.#unanswered) {
			this.#context.service.stats.overlapped();
			this.#refuse(exchange, new FrameRefusal(1008, 'Another request on this connection is still unanswered.'));
		} else if (content instanceof FrameRefusal) {
			this.#refuse(exchange, content);
		} else {
			this.#unanswered = exchange;
			void this.#answer(exchange, content);
		}
	}

	async #answer(exchange: Exchange, request: FrameRequest): Promise<void> {
		const { faults, latencyMs } = this.#context;
		const { botId, sessionId, user: username, reusedConnection } = exchange.entry;
		const operation = request.type === 'SEND' ? 'reset' : 'stateCheck';
		const fault = faults.take(operation, { botId, sessionId, username, reusedConnection });
		exchange.faultTaken(fault?.kind);

		const instead = fault && reactInstead(fault);
		if (instead) return this.#react(instead, exchange);

		const reaction = this.#run(exchange, request, (answer) => reactAfter(fault, answer));
		const delayMs = latencyMs + (fault?.kind === 'latency' ? fault.ms : 0);
		// Does not keep the process alive: whoever closes the sandbox does not wait for answers.
		if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
		if (!this.#isOver) this.#react(reaction, exchange);
	}

	#run(exchange: Exchange, request: FrameRequest, react: (answer: FrameAnswer) => Reaction): Reaction {
		const bot = this.#bot;
		const { service } = this.#context;
		try {
			const answer = request.type === 'SEND' ? reset(service, { bot, request }) : stateCheck(service, { bot, request });
			exchange.entry.ran = true;
			return react(answer);
		} catch (error) {
			if (!(error instanceof FrameRefusal)) throw error;
			exchange.entry.refusal = error.message;
			return { kind: 'close', code: error.code, reason: error.message };
		}
	}

	#react(reaction: Reaction, exchange: Exchange): void {
		switch (reaction.kind) {
			case 'nothing':
				return;
			case 'send':
				this.#unanswered = undefined;
				exchange.answered(null);
				exchange.close();
				return this.#send(reaction.frame, reaction.again);
			case 'close':
				this.#isOver = true;
				exchange.entry.closeCode = reaction.code;
				exchange.close();
				return this.#peer.close(reaction.code, reaction.reason);
			case 'drop':
			case 'reset':
			case 'freeze':
				return this.abandon(reaction.kind);
		}
	}

	#send(frame: string | Buffer, again?: 'now' | 'later'): void {
		if (this.#leftOver !== undefined) this.#peer.send(this.#leftOver);
		this.#leftOver = again === 'later' ? frame : undefined;
		this.#peer.send(frame);
		if (again === 'now') this.#peer.send(frame);
	}

	#refuse(exchange: Exchange, refusal: FrameRefusal): void {
		exchange.entry.refusal = refusal.message;
		this.#react({ kind: 'close', code: refusal.code, reason: refusal.message }, exchange);
	}
}

import type { Socket } from 'socket.io';
import type { AiError, FinalPingType, SessionAddress } from '../contract';
import type { FaultPlan } from '../faults/faultPlan';
import type { Settings } from '../options';
import type { Endpoint } from '../resources';
import type { Outlet } from '../sessions/outlet';
import type { ConversationEntry, DeliveryState, Said } from '../sessions/sessions';
import type { Stats } from '../stats';
import { emitForAck } from './emitForAck';

export interface SocketLineOptions {
	settings: Settings;
	faults: FaultPlan;
	stats: Stats;
}

/** Something that is sent to the sockets of a session, now or at the next connection. */
interface Sending {
	event: 'output' | 'finalPing';
	payload: object;
	/** Of an output: where it is told what became of it. */
	entry?: ConversationEntry;
	/** Its place among all that was sent in this session. */
	order: number;
	wasKept: boolean;
}

/**
 * Where the outputs of one session of a Socket.IO endpoint go to: all of its sockets. What none of them acknowledges in
 * time is kept, and sent again when the session connects anew.
 */
export class SocketLine implements Outlet {
	/** The sockets, and whether they acknowledge. */
	readonly #sockets = new Map<Socket, boolean>();
	readonly #unsettled = new Set<Promise<void>>();
	#kept: Sending[] = [];
	/** What is to be sent after what is sent next. */
	#late: Sending[] = [];
	#nextOrder = 0;
	/** What the last socket said. Before there is any: the default of the official client. */
	#acknowledges = true;
	readonly #endpoint: Endpoint;
	readonly #address: SessionAddress;
	readonly #options: SocketLineOptions;

	constructor(endpoint: Endpoint, address: SessionAddress, options: SocketLineOptions) {
		this.#endpoint = endpoint;
		this.#address = address;
		this.#options = options;
	}

	/** A socket of this session is there. Sends it what was kept. */
	join(socket: Socket, acknowledges: boolean): void {
		this.#sockets.set(socket, acknowledges);
		this.#acknowledges = acknowledges;
		socket.once('disconnect', () => this.#sockets.delete(socket));
		const kept = this.#kept.sort((one, two) => one.order - two.order);
		this.#kept = [];
		for (const sending of kept) this.#send(sending);
	}

	typing(status: 'typingOn' | 'typingOff'): void {
		for (const socket of this.#sockets.keys()) socket.emit('typingStatus', { status });
	}

	output({ output, entry }: Said): void {
		this.#send(this.#sending('output', { type: 'output', data: output }, entry));
	}

	error(error: AiError): void {
		this.#send(this.#sending('output', { type: 'error', data: { error } }));
	}

	finalPing(type: FinalPingType): void {
		const { finalPing } = this.#options.settings;
		if (finalPing === 'event') this.#send(this.#sending('finalPing', { type }));
		if (finalPing === 'output') this.#send(this.#sending('output', { type: 'finalPing', data: { type } }));
	}

	/** Sends no more to the sockets that are there, and cuts them once what was sent is acknowledged, or will not be. */
	cut(): void {
		const sockets = [...this.#sockets.keys()];
		this.#sockets.clear();
		void Promise.all(this.#unsettled).then(() => {
			for (const { request } of sockets) request.socket.destroySoon();
		});
	}

	#sending(event: Sending['event'], payload: object, entry?: ConversationEntry): Sending {
		this.#nextOrder += 1;
		return { event, payload, entry, order: this.#nextOrder, wasKept: false };
	}

	#send(sending: Sending): void {
		const sockets = [...this.#sockets];
		if (sockets.length === 0) {
			this.#keepOrLose(sending);
			return;
		}
		const { settings, faults, stats } = this.#options;
		const { event, payload, entry, wasKept } = sending;
		const fault = faults.take(event, {
			endpoint: this.#endpoint.name,
			...this.#address,
			key: null,
			reusedConnection: null,
		});
		if (fault?.kind === 'late') {
			this.#late.push(sending);
			return;
		}
		if (wasKept && entry) stats.count(({ outputs }) => (outputs.redelivered += 1));
		const times = fault?.kind === 'lost' ? 0 : fault?.kind === 'twice' ? 2 : 1;
		if (entry?.delivery) entry.delivery = { sent: entry.delivery.sent + times, state: 'pending' };

		const isHeard = fault?.kind !== 'ackLost';
		const attempts = sockets.map(async ([socket, acknowledges]): Promise<DeliveryState> => {
			if (acknowledges && settings.eventBuffer) {
				await emitForAck(socket, { event, payload, times, isHeard, timeoutMs: settings.ackTimeoutMs });
				return 'acknowledged';
			}
			for (let time = 0; time < times; time += 1) socket.emit(event, payload);
			return times === 0 ? 'lost' : 'delivered';
		});
		const settled = Promise.any(attempts).then(
			(state) => this.#settle(sending, state),
			() =>
				this.#keepOrSendAgain(
					sending,
					sockets.map(([socket]) => socket),
				),
		);
		this.#unsettled.add(settled);
		void settled.finally(() => this.#unsettled.delete(settled));
		for (const overtaken of this.#late.splice(0)) this.#send(overtaken);
	}

	#settle({ entry }: Sending, state: DeliveryState): void {
		if (!entry) return;
		if (entry.delivery) entry.delivery.state = state;
		this.#options.stats.count(({ outputs }) => {
			if (state === 'acknowledged') outputs.acknowledged += 1;
			if (state === 'lost') outputs.lost += 1;
		});
	}

	/** None of these sockets has acknowledged it. Another one that has come meanwhile gets it at once. */
	#keepOrSendAgain(sending: Sending, tried: readonly Socket[]): void {
		const isThereAnother = [...this.#sockets.keys()].some((socket) => !tried.includes(socket));
		this.#keepOrLose(sending);
		if (!isThereAnother) return;
		this.#kept = this.#kept.filter((other) => other !== sending);
		this.#send(sending);
	}

	#keepOrLose(sending: Sending): void {
		const { entry } = sending;
		const isKept = this.#options.settings.eventBuffer && this.#acknowledges;
		if (entry?.delivery) entry.delivery.state = isKept ? 'kept' : 'lost';
		if (!isKept) return;
		sending.wasKept = true;
		this.#kept.push(sending);
		if (entry) this.#options.stats.count(({ outputs }) => (outputs.kept += 1));
	}
}

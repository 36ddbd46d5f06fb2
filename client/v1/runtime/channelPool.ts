import type { Closable } from '../../call/callGroup';
import { cancelled } from '../../errors';
import type { RuntimeChannel } from './channel';

interface IdleChannel {
	botId: string;
	channel: RuntimeChannel;
}

/** Opens a channel to the bot. */
export type OpenChannel = () => Promise<RuntimeChannel>;

/**
 * The channels of one group of calls, kept from one call to the next. It never holds more than were in use at the same
 * time, so as many as items run concurrently, however many bots there are.
 */
export class ChannelPool implements Closable {
	/** The one used last comes last: it is the least likely to have been closed by the other side. */
	readonly #idle: IdleChannel[] = [];
	readonly #busy = new Set<RuntimeChannel>();
	readonly #goodbyes = new Set<Promise<void>>();
	#inUse = 0;
	#mostInUse = 0;
	#isClosed = false;

	constructor(private readonly onClosed: () => void) {}

	/**
	 * Runs `work` with a channel to the bot that nobody else uses meanwhile.
	 * @throws whatever `open` and `work` throw
	 */
	async use<T>(
		{ botId, action, open }: { botId: string; action: string; open: OpenChannel },
		work: (channel: RuntimeChannel) => Promise<T>,
	): Promise<T> {
		if (this.#isClosed) throw cancelled(action);
		this.#inUse++;
		this.#mostInUse = Math.max(this.#mostInUse, this.#inUse);
		try {
			const channel = this.#takeIdle(botId) ?? (await this.#open(open));
			this.#busy.add(channel);
			try {
				// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have been closed meanwhile
				if (this.#isClosed) throw cancelled(action);
				return await work(channel);
			} finally {
				this.#busy.delete(channel);
				// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have been closed meanwhile
				if (this.#isClosed) channel.destroy();
				else if (channel.isOpen) this.#idle.push({ botId, channel });
			}
		} finally {
			this.#inUse--;
		}
	}

	/** Says goodbye on the channels that rest, and cuts off those that are in use. */
	async close(): Promise<void> {
		this.#isClosed = true;
		this.onClosed();
		for (const channel of this.#busy) channel.destroy();
		await Promise.all([...this.#goodbyes, ...this.#idle.splice(0).map(({ channel }) => channel.close())]);
	}

	#takeIdle(botId: string): RuntimeChannel | undefined {
		this.#dropEnded();
		const index = this.#idle.findLastIndex((idle) => idle.botId === botId);
		return index < 0 ? undefined : this.#idle.splice(index, 1)[0]?.channel;
	}

	async #open(open: OpenChannel): Promise<RuntimeChannel> {
		// Channels of other bots make room, and are gone before the new one comes.
		while (this.#idle.length > 0 && this.#inUse + this.#idle.length > this.#mostInUse) await this.#dismissOldest();
		return await open();
	}

	async #dismissOldest(): Promise<void> {
		const goodbye = this.#idle.shift()?.channel.close();
		if (!goodbye) return;
		this.#goodbyes.add(goodbye);
		await goodbye;
		this.#goodbyes.delete(goodbye);
	}

	#dropEnded(): void {
		const open = this.#idle.filter(({ channel }) => channel.isOpen);
		this.#idle.splice(0, this.#idle.length, ...open);
	}
}

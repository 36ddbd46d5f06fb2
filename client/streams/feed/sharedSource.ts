import { randomUUID } from 'node:crypto';

import type { CallKind } from '../../budget/rateBudget';
import { pause, type Clock } from '../../time/clock';
import { isPassing, type HeardMessage } from '../heardMessage';
import type { MessageSource, OpenSource, SourceListener, SourceReader } from '../messageSource';
import { GIVE_UP_MS, pauseAfter } from './feedPauses';
import type { FeedWatch, Watcher } from './feedWatch';
import { HeardEntries } from './heardEntries';
import type { LastPolls } from './lastPolls';
import { BEGINNING, type FeedEntry, type FeedRole, type FeedState, type SessionFeed } from './sessionFeed';

export interface SharingDependencies {
	feed: SessionFeed;
	watch: FeedWatch;
	lastPolls: LastPolls;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** As `LATE_MS`. */
	lateMs: number;
}

/** How much is brought, and read, at once. */
const BRING_AT_ONCE = 200;
const READ_AT_ONCE = 500;
/** No more is asked for while a reader in any process is so many messages behind. */
const MAX_BEHIND = 1_000;
/** How often it is looked whether they have caught up, in ms. */
const BEHIND_MS = 250;
/** However quiet it is, each feed is looked at so often, in ms. */
const QUIET_MS = 30_000;
/** Redis may be away for so long, in ms, before streams do without: a restart, a failover. Who waits for a reply cannot wait. */
const PATIENCE_MS = 5_000;
/** Whoever was refused lets others ask for so long at least, in ms. */
const SHUT_OUT_MS = 1_000;
/**
 * So long after the end of a session that others share, or did, streams wait for what these have heard of it, in ms: a process that
 * stood still, or whose connection to Redis did, may have been taken for dead, and writes it down later.
 */
export const LATE_MS = 15_000;

/**
 * The source of a session that is shared by processes: one of them asks the service, all of them read what came in the feed.
 * - What comes is in the feed before it is acknowledged, before more is asked for, and before anybody is told.
 * - Whoever leaves while others read lets a poll on its way come to its end, and holds the session until then: what the
 *   service has handed out may be in its answer.
 * - Streams are told of the end when others have had time to write down what they have heard; who waits for a reply, at once.
 * - While Redis does not answer, each process asks by itself, as processes do that share nothing. What they hear is brought
 *   later, in order, whoever holds the session then: the service may not say it again.
 */
export function sharedSource(name: string, source: MessageSource, dependencies: SharingDependencies): MessageSource {
	const open = (listener: SourceListener) => new SharedSource(name, source, listener, dependencies);
	return source.poll ? { poll: source.poll, open } : { open };
}

class SharedSource implements OpenSource, Watcher {
	readonly #member = randomUUID();
	readonly #heard = new HeardEntries();
	#inner: OpenSource | undefined;
	#isClosed = false;
	#running: Promise<void> | undefined;
	/** What is read from the beginning is history, until its end. */
	#history: HeardMessage[] | undefined = [];
	#after = BEGINNING;
	#brought = BEGINNING;
	/** There is more to read than there was room for. */
	#hasUnread = false;
	#isBehind = false;
	/** As what those here read, as far as others know; and whether somebody in another process waits for what comes. */
	#toldKind: CallKind = 'stream';
	#isAwaitedElsewhere = false;
	#hasOthers = false;
	/** Another process has shared it since it was opened. */
	#wasShared = false;
	/** Closed, but for a poll that is on its way. */
	#isFinishing = false;
	/** Such a poll of one that was here before. */
	#lastPoll: Promise<void> | undefined;
	/** To be acknowledged when those here have read so far. */
	#owed: Array<{ position: number; acknowledge: () => void }> = [];
	/** Those for whom the session is over, once they have heard all, and when the service said so, in ms of the monotonic clock. */
	#ended: Array<{ readers: readonly SourceReader[]; at: number }> = [];
	#failures = 0;
	#failsSince: number | undefined;
	/** All who read here were refused by the service. */
	#isShutOut = false;
	#endShutOut = () => {};
	#waking = new AbortController();
	#unwatch = () => {};
	awaited: string | undefined;
	seen = -1;

	constructor(
		private readonly name: string,
		private readonly source: MessageSource,
		private readonly listener: SourceListener,
		private readonly deps: SharingDependencies,
	) {}

	start(): void {
		this.#unwatch = this.deps.watch.add(this.name, this);
		this.#waitForLastPoll();
		this.#running = this.#run();
	}

	/** What asks is changed here, if need be: the session goes on to be ours. */
	yieldsTo(reader: SourceReader): boolean {
		if (this.#isShutOut) {
			this.listener.letAsk(reader);
			this.#endShutOut();
		} else this.#giveWay(reader);
		return false;
	}

	changed(): void {
		const isInNeed = this.#failsSince !== undefined && !this.#inner && this.listener.kind === 'call';
		const isNews = this.#toldKind !== this.listener.kind;
		if (isInNeed || isNews || (this.#hasUnread && !this.listener.isFull)) this.wake();
		this.#inner?.changed();
	}

	close(): void {
		this.#isClosed = true;
		this.#endShutOut();
		if (this.#inner && this.#hasOthers && this.#failsSince === undefined) {
			this.deps.lastPolls.add(this.name, this.#leaveInOrder());
			return;
		}
		this.#letGo();
		this.#unwatch();
		this.wake();
	}

	wake(): void {
		this.#waking.abort();
	}

	/** Until it is closed and all that was heard is in the feed. */
	async #run(): Promise<void> {
		for (;;) {
			this.#waking = new AbortController();
			const pauseMs = await this.#step();
			if (pauseMs === undefined) break;
			if (pauseMs > 0) await pause(this.deps.clock, pauseMs, this.#waking.signal);
		}
		this.#running = undefined;
	}

	/** @returns for how long nothing is to be done, in ms; undefined: for ever */
	async #step(): Promise<number | undefined> {
		const entries = this.#heard.next(BRING_AT_ONCE);
		const role = this.#role(entries.length);
		const isRead = !this.#isClosed && !this.listener.isFull;
		this.#hasUnread = !isRead;
		const { kind } = this.listener;
		const known = { after: this.#after, brought: this.#brought, isAwaited: kind === 'call' };
		const exchange = { name: this.name, member: this.#member, role, ...known, entries };
		let state: FeedState | 'lost';
		try {
			state = await this.deps.feed.exchange({ ...exchange, limit: isRead ? READ_AT_ONCE : 0 });
		} catch {
			return this.#failed();
		}
		this.#failures = 0;
		this.#failsSince = undefined;
		if (state === 'lost') {
			this.#lost();
			return 0;
		}
		this.#written(entries, state);
		this.#read(state);
		// Redis has thrown away what was to be read, as it does when its memory is full.
		const isGone = isRead && state.read.length === 0 && this.#after.position < state.last;
		if (isGone) this.#after = { position: state.last, id: '' };
		if (this.#isFinishing) return this.#heard.isEmpty ? QUIET_MS : 0;
		if (this.#isClosed) return this.#heard.isEmpty && role === 'leaver' ? undefined : 0;
		this.#toldKind = kind;
		this.#takeRole(state, role);
		if (!this.#heard.isEmpty || (isRead && this.#after.position < state.last)) return 0;
		const lateMs = isRead ? this.#endInTime() : Infinity;
		this.#inner?.changed();
		return Math.min(lateMs, this.#isBehind ? BEHIND_MS : QUIET_MS);
	}

	#role(bringing: number): FeedRole {
		if (this.#isFinishing) return 'holder';
		if (!this.#isClosed) return this.#isShutOut || this.#lastPoll ? 'reader' : 'holder';
		return this.#heard.next(bringing + 1).length > bringing ? 'guest' : 'leaver';
	}

	#written(entries: readonly FeedEntry[], { brought, last, behind }: FeedState): void {
		this.#brought = brought ?? this.#brought;
		this.#isBehind = behind > MAX_BEHIND;
		const due = this.#heard.brought(entries.length);
		this.#owed.push(...due.map((acknowledge) => ({ position: last, acknowledge })));
	}

	#read({ read, last, number }: FeedState): void {
		this.seen = number;
		const messages: HeardMessage[] = [];
		for (const { place, message } of read) {
			this.#after = place;
			if (message && !this.#heard.wasTold(place.id)) messages.push(message);
		}
		if (this.#history) {
			this.#history.push(...messages);
			if (this.#after.position < last && !this.#isClosed) return;
			messages.splice(0, messages.length, ...asHistory(this.#history));
			this.#history = undefined;
		}
		const isDue = ({ position }: { position: number }) => position <= this.#after.position || this.#isClosed;
		const due = this.#owed.filter(isDue);
		this.#owed = this.#owed.filter((owed) => !isDue(owed));
		if (messages.length + due.length === 0) return;
		this.listener.onMessages(messages, () => due.forEach(({ acknowledge }) => acknowledge()));
	}

	/** Resolves once what the service has handed out is in the feed. */
	async #leaveInOrder(): Promise<void> {
		this.#isFinishing = true;
		await this.#finish();
		this.#isFinishing = false;
		this.#unwatch();
		this.wake();
		await this.#running;
	}

	#waitForLastPoll(): void {
		this.#lastPoll = this.deps.lastPolls.of(this.name);
		void this.#lastPoll?.then(() => {
			this.#waitForLastPoll();
			this.wake();
		});
	}

	#takeRole({ isHeld, holder, isAwaited, hasOthers }: FeedState, role: FeedRole): void {
		this.#hasOthers = hasOthers;
		this.#wasShared ||= hasOthers || (holder !== undefined && holder !== this.deps.feed.process);
		const wasAwaitedElsewhere = this.#isAwaitedElsewhere;
		this.#isAwaitedElsewhere = isAwaited;
		const isOurs = isHeld && role === 'holder' && !this.#isShutOut;
		const wasAwaited = this.awaited;
		this.awaited = holder === this.deps.feed.process ? undefined : holder;
		if (this.awaited !== undefined && wasAwaited === undefined) this.deps.watch.hurry();
		if (!isOurs) this.#stopAsking();
		else if (!this.#inner) this.#ask();
		else if (isAwaited && !wasAwaitedElsewhere) this.#giveWay({ kind: 'call', source: this.source });
	}

	#lost(): void {
		this.#after = BEGINNING;
		this.#brought = BEGINNING;
		this.#history = [];
		this.#owed = this.#owed.map((owed) => ({ ...owed, position: 0 }));
		this.#heard.lost();
	}

	/** @returns for how long nothing is to be done, in ms; undefined: for ever */
	#failed(): number | undefined {
		const { clock, random } = this.deps;
		const now = clock.monotonic();
		this.#failsSince ??= now;
		const failsMs = now - this.#failsSince;
		if (this.#isClosed) {
			this.#tellUnwritten();
			// Also to say goodbye: others take the session for held, and the process for a reader, as long as it lives.
			if (!this.#isFinishing && failsMs > GIVE_UP_MS) return undefined;
		} else if (this.listener.kind === 'call' || failsMs > PATIENCE_MS) {
			this.#tellUnwritten();
			// Streams can wait for what others have heard of it; who waits for a reply cannot.
			this.#endThem(isCall);
			if (!this.#inner && !this.#isShutOut) this.#ask();
			this.#inner?.changed();
		}
		return pauseAfter(this.#failures++, random);
	}

	#tellUnwritten(): void {
		const untold = this.#heard.untold();
		if (untold.length > 0) this.listener.onMessages(untold);
	}

	/** All there is was read. @returns time until the next of those who are to wait need not, in ms */
	#endInTime(): number {
		const now = this.deps.clock.monotonic();
		const waitMs = this.#wasShared ? this.deps.lateMs : 0;
		this.#endThem((reader, at) => isCall(reader) || now - at >= waitMs);
		return Math.min(...this.#ended.map(({ at }) => at + waitMs - now));
	}

	#endThem(isMeant: (reader: SourceReader, at: number) => boolean): void {
		for (const { readers, at } of this.#ended.splice(0)) {
			const later = readers.filter((reader) => !isMeant(reader, at));
			if (later.length > 0) this.#ended.push({ readers: later, at });
			this.listener.onEnded(readers.filter((reader) => isMeant(reader, at)));
		}
	}

	/** Who came later may have begun it anew. */
	#isOverForAll(): boolean {
		const ended = new Set(this.#ended.flatMap(({ readers }) => readers));
		return ended.size > 0 && [...this.listener.readers].every((reader) => ended.has(reader));
	}

	#ask(): void {
		this.#inner = this.source.open(this.#asking);
		this.#inner.start();
	}

	/** What stands in the line for streams must not hold up who waits for a reply. */
	#giveWay(reader: SourceReader): void {
		if (!this.#inner?.yieldsTo(reader)) return;
		this.#letGo();
		this.#ask();
	}

	#letGo(): void {
		this.#inner?.close();
		this.#inner = undefined;
	}

	/** Another process asks. What the service has handed out to us may be on its way. */
	#stopAsking(): void {
		if (!this.#inner) return;
		this.deps.lastPolls.add(this.name, this.#finish());
		this.#waitForLastPoll();
	}

	async #finish(): Promise<void> {
		const inner = this.#inner;
		this.#inner = undefined;
		if (inner?.finish) await inner.finish();
		else inner?.close();
	}

	#shutOut(ms: number): void {
		this.#letGo();
		this.#endShutOut();
		this.#isShutOut = true;
		const end = () => {
			cancelTimer();
			this.#endShutOut = () => {};
			this.#isShutOut = false;
			this.wake();
		};
		const cancelTimer = this.deps.clock.after(Math.max(ms, SHUT_OUT_MS), end, { isBackground: true });
		this.#endShutOut = end;
		this.wake();
	}

	/** No more is brought before what came is written down; while Redis is away, as long as there is room for it. */
	#isFull(): boolean {
		if (this.listener.isFull || this.#isOverForAll()) return true;
		if (this.#failsSince === undefined)
			return !this.#heard.isEmpty || (this.#isBehind && this.listener.kind === 'stream');
		return this.#heard.isFull;
	}

	get #asking(): SourceListener {
		const { listener } = this;
		const isFull = () => this.#isFull();
		const kind = () => (this.#isAwaitedElsewhere ? 'call' : listener.kind);
		return {
			get readers() {
				return listener.readers;
			},
			get kind() {
				return kind();
			},
			get isFull() {
				return isFull();
			},
			get isRefused() {
				return listener.isRefused;
			},
			nextAsker: () => listener.nextAsker(),
			letAsk: (reader) => listener.letAsk(reader),
			onMessages: (messages, acknowledge) => {
				const isNew = this.#heard.add(messages, acknowledge);
				this.wake();
				// It was closed before this came.
				this.#running ??= this.#run();
				return isNew;
			},
			onTrouble: (error, asker) => {
				const pauseMs = listener.onTrouble(error, asker);
				if (pauseMs > 0 && listener.isRefused && !this.#isClosed) this.#shutOut(pauseMs);
				return pauseMs;
			},
			onRecovered: () => listener.onRecovered(),
			onEnded: (readers) => {
				this.#ended.push({ readers, at: this.deps.clock.monotonic() });
				this.wake();
			},
		};
	}
}

const isCall = ({ kind }: SourceReader) => kind === 'call';

/** What is told to who comes later: nobody types any more, and answers that are over say so themselves. */
function asHistory(messages: readonly HeardMessage[]): HeardMessage[] {
	const history: HeardMessage[] = [];
	for (const message of messages) {
		const last = history.at(-1);
		if (!message.isAnswerEnd) {
			if (!isPassing(message)) history.push(message);
		} else if (last?.chunk) history.splice(-1, 1, { ...last, chunk: { ...last.chunk, isLast: true } });
	}
	return history;
}

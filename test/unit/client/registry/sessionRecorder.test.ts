import { RegistryError, type NewSession, type SessionRegistry } from '../../../../client/registry/sessionRegistry';
import { SessionRecorder } from '../../../../client/registry/sessionRecorder';
import { account, NOW, session } from '../../../support/registrySessions';

const HOUR = 60 * 60_000;
const WEEK = 7 * 24 * HOUR;

type Method = Exclude<keyof SessionRegistry, 'close'>;

/** Stages what is called, and fails with `failure` if there is one. */
function recordingRegistry() {
	const calls: Array<[Method, ...unknown[]]> = [];
	const state: { failure?: unknown } = {};
	const answering =
		<Answer>(method: Method, answer: Answer) =>
		async (...args: unknown[]): Promise<Answer> => {
			// The end of a call is staged, so that the order shows who waited for whom.
			await new Promise((resolve) => setImmediate(resolve));
			calls.push([method, ...args]);
			if (state.failure !== undefined) throw state.failure;
			return answer;
		};
	const registry: SessionRegistry = {
		record: answering('record', undefined),
		confirm: answering('confirm', undefined),
		forget: answering('forget', undefined),
		claimStart: answering('claimStart', undefined),
		settleStart: answering('settleStart', undefined),
		releaseStart: answering('releaseStart', undefined),
		openSessions: answering('openSessions', []),
		contextOf: answering('contextOf', {}),
		markEnded: answering('markEnded', undefined),
		markReset: answering('markReset', undefined),
		claimExpired: answering('claimExpired', []),
		releaseClaim: answering('releaseClaim', undefined),
		deliveredIds: answering('deliveredIds', []),
		recordDelivered: answering('recordDelivered', undefined),
		stage: answering('stage', undefined),
		stagedBatches: answering('stagedBatches', []),
		prune: answering('prune', 0),
		close: async () => {},
	};
	return { registry, calls, state };
}

let calls: Array<[Method, ...unknown[]]>;
let state: { failure?: unknown };
let recorder: SessionRecorder;
let warnings: string[];
const onWarning = (message: string) => void warnings.push(message);

beforeEach(() => {
	const recording = recordingRegistry();
	({ calls, state } = recording);
	recorder = new SessionRecorder(recording.registry, account);
	warnings = [];
});

/** As callers give it: the recorder knows the account. */
function started(sessionId: string, changes: Partial<NewSession> = {}): Omit<NewSession, 'account'> {
	const { account: _, ...rest } = session(sessionId, changes);
	return rest;
}

describe('what the client does', () => {
	it('is in the registry, in its order and with the account, when each step is over', async () => {
		await recorder.starting(started('s'), onWarning);
		expect(calls.map(([method]) => method)).toEqual(['record', 'prune']);
		await recorder.started('s', onWarning);
		await recorder.notStarted('t', onWarning);
		await recorder.reset('s', NOW + 1, onWarning);
		await recorder.notReset('s', onWarning);

		expect(calls).toEqual([
			['record', session('s')],
			['prune', NOW - WEEK, NOW],
			['confirm', { account, sessionId: 's' }],
			['forget', { account, sessionId: 't' }],
			['markReset', { account, sessionId: 's' }, NOW + 1],
			['releaseClaim', { account, sessionId: 's' }],
		]);
		expect(warnings).toEqual([]);
	});
});

describe('a registry that does not work', () => {
	const doAll = async () => {
		await recorder.starting(started('s'), onWarning);
		await recorder.started('s', onWarning);
		await recorder.notStarted('s', onWarning);
		await recorder.reset('s', NOW, onWarning);
		await recorder.notReset('s', onWarning);
	};

	it('breaks nothing: it is warned of, with session and reason', async () => {
		state.failure = new RegistryError('The disk is full.');
		await doAll();

		const whats = ['recorded', 'opened', 'removed', 'marked as reset', 'released'];
		expect(warnings).toEqual(
			whats.map((what) => `Session "s" could not be ${what} in the session registry: The disk is full.`),
		);
	});

	it('shows only reasons that are meant to be shown', async () => {
		state.failure = new Error('very-secret');
		await doAll();

		expect(warnings).toHaveLength(5);
		for (const warning of warnings) expect(warning).toMatch(/: the reason is not known$/);
	});
});

describe('old sessions', () => {
	const prunes = () => calls.filter(([method]) => method === 'prune').map(([, before]) => before);

	it('are pruned at most once an hour', async () => {
		for (const ms of [0, 1, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR - 1, 5 * HOUR]) {
			await recorder.starting(started('s', { createdAt: NOW + ms }), onWarning);
		}
		expect(prunes()).toEqual([NOW, NOW + HOUR, NOW + 5 * HOUR].map((time) => time - WEEK));
	});

	it('are not pruned sooner when that failed', async () => {
		state.failure = new RegistryError('The disk is full.');
		await recorder.starting(started('s'), onWarning);
		await recorder.starting(started('s', { createdAt: NOW + HOUR - 1 }), onWarning);
		expect(prunes()).toHaveLength(1);
	});
});

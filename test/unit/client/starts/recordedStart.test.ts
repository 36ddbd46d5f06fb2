import { DatabaseSync } from 'node:sqlite';

import { recordedStart, type StartRecord } from '../../../../client/starts/recordedStart';
import { CognigyError } from '../../../../client/errors';
import { SessionRecorder } from '../../../../client/registry/sessionRecorder';
import type { NewSession } from '../../../../client/registry/sessionRegistry';
import type { RegistryStore } from '../../../support/registryContract';
import { openFile, sqliteStore } from '../../../support/registryFiles';
import { account, idsOf, numbered, open, recorded, session } from '../../../support/registrySessions';

let store: RegistryStore;
let registry: Awaited<ReturnType<typeof openFile>>;
let record: StartRecord;

beforeEach(async () => {
	store = await sqliteStore();
	registry = await openFile(store.place);
	const recorder = new SessionRecorder(registry, account);
	const onWarning = (message: string) => {
		throw new Error(message);
	};
	record = {
		starting: async (one) => await recorder.starting(one, onWarning),
		started: async (sessionId) => await recorder.started(sessionId, onWarning),
		notStarted: async (sessionId) => await recorder.notStarted(sessionId, onWarning),
	};
});
afterEach(async () => {
	await registry.close();
	await store.remove();
});

/** As callers give it: the recorder knows the account. */
function about(sessionId: string): Omit<NewSession, 'account'> {
	const { account: _, ...rest } = session(sessionId);
	return rest;
}

/** What somebody else finds in the file, as after a crash at this very moment. */
function isInFile(sessionId: string): boolean {
	const db = new DatabaseSync(store.place, { readOnly: true });
	try {
		return db.prepare('SELECT 1 FROM sessions WHERE session_id = ?').get(sessionId) !== undefined;
	} finally {
		db.close();
	}
}

const openIds = async () => idsOf(await registry.openSessions(open({ unconfirmedUntil: 0 })));
const failure = (mayHaveRun: boolean) =>
	new CognigyError({ category: 'network', message: 'The connection was lost', advice: 'Look at it.', mayHaveRun });

describe('a start', () => {
	it('is in the file before it is sent, however many are made at the same time', async () => {
		const sent: Array<[string, boolean]> = [];
		const ids = numbered(50);
		const starts = ids.map(async (id) => {
			const start = async () => void sent.push([id, isInFile(id)]);
			await recordedStart(record, { session: about(id), start });
		});
		await Promise.all(starts);

		expect(sent.sort()).toEqual(ids.map((id) => [id, true]).sort());
		expect((await openIds()).sort()).toEqual([...ids].sort());
	});

	it('that may have run is open', async () => {
		const start = async () => await Promise.reject(failure(true));
		await expect(recordedStart(record, { session: about('s'), start })).rejects.toThrow('The connection was lost');
		expect(await openIds()).toEqual(['s']);
	});

	it('that did not run leaves nothing', async () => {
		const start = async () => await Promise.reject(failure(false));
		await expect(recordedStart(record, { session: about('s'), start })).rejects.toThrow('The connection was lost');
		expect(idsOf(await registry.openSessions(recorded()))).toEqual([]);
	});

	it('that the service gave another id is open under that one', async () => {
		const start = async () => 'other';
		await recordedStart(record, { session: about('s'), start, idOf: (answer) => answer });
		expect(await openIds()).toEqual(['other']);
	});
});

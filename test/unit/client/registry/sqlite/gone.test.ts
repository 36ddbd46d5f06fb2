import { rename, rm, stat, symlink } from 'node:fs/promises';

import { lazyRegistry } from '../../../../../client/registry/lazyRegistry';
import type { SessionRegistry } from '../../../../../client/registry/sessionRegistry';
import { openSqliteRegistry } from '../../../../../client/registry/sqliteRegistry';
import { systemClock } from '../../../../../client/time/systemClock';
import type { RegistryStore } from '../../../../support/registryContract';
import { openFile, sqliteStore } from '../../../../support/registryFiles';
import { expired, idsOf, keyOf, recorded, session } from '../../../../support/registrySessions';

let store: RegistryStore;
/** As two credentials of one n8n have them. */
let users: SessionRegistry[];

beforeEach(async () => {
	store = await sqliteStore();
	users = [1, 2].map(() => lazyRegistry(async () => await openSqliteRegistry(store.place), systemClock));
	for (const [index, user] of users.entries()) await user.record(session(`before-${index}`));
});
afterEach(async () => {
	await Promise.all(users.map((user) => user.close()));
	await store.remove();
});

const gone = expect.objectContaining({
	name: 'RegistryError',
	message: expect.stringMatching(/was deleted or replaced while n8n used it/),
});

const takenAway: ReadonlyArray<readonly [string, () => Promise<void>]> = [
	['deleted', async () => await rm(store.place)],
	['moved away', async () => await rename(store.place, `${store.place}.old`)],
	[
		'replaced by another one',
		async () => {
			await rm(store.place);
			await (await openFile(store.place)).close();
		},
	],
];

describe.each(takenAway)('a file that is %s while it is open', (_how, takeAway) => {
	beforeEach(async () => await takeAway());

	it.each<[string, (user: SessionRegistry) => Promise<unknown>]>([
		['recording', async (user) => await user.record(session('s'))],
		['following', async (user) => await user.openSessions(recorded())],
		['claiming', async (user) => await user.claimExpired(expired())],
		['emitting', async (user) => await user.recordDelivered(keyOf('s'), 'c', ['m'])],
	])('%s fails once for each who uses it, and says why', async (_what, work) => {
		for (const user of users) await expect(work(user)).rejects.toEqual(gone);
		for (const user of users) await work(user);
	});

	it('is replaced by a new one, which all use together', async () => {
		for (const user of users) await user.record(session('s')).catch(() => {});
		for (const [index, user] of users.entries()) await user.record(session(`after-${index}`));

		for (const user of users) {
			expect(idsOf(await user.openSessions(recorded()))).toEqual(['after-0', 'after-1']);
		}
		expect((await stat(store.place)).size).toBeGreaterThan(0);
	});

	it('ends no work of somebody who comes later', async () => {
		const outcomes = await Promise.allSettled(users.flatMap((user) => [user.record(session('s')), user.prune(0)]));
		expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
		for (const user of users) await user.prune(0);
	});
});

describe('whoever follows sessions', () => {
	it.each(takenAway)('finds those of the new file after those of the one that was %s', async (_how, takeAway) => {
		const [user = failed(), other = failed()] = users;
		const after = (await user.openSessions(recorded())).at(-1)?.sequence ?? NaN;
		await takeAway();
		for (const one of users) await one.record(session('s')).catch(() => {});
		await other.record(session('new'));

		expect(idsOf(await user.openSessions(recorded({ after })))).toEqual(['new']);
	});
});

it('a file that cannot be looked at is an error that says what to do, until it can be', async () => {
	const [user = failed()] = users;
	await rename(store.place, `${store.place}.old`);
	await symlink(store.place, store.place);
	await expect(user.record(session('s'))).rejects.toMatchObject({
		name: 'RegistryError',
		message: expect.stringMatching(/does not work .*Check the file/),
	});

	await rename(`${store.place}.old`, store.place);
	await user.record(session('s'));
});

function failed(): never {
	throw new Error('There are two users');
}

import { rename, rm, stat, symlink } from 'node:fs/promises';

import { lazyRegistry } from '../../../../../client/registry/lazyRegistry';
import { RegistryGoneError, type SessionRegistry } from '../../../../../client/registry/sessionRegistry';
import { openSqliteRegistry } from '../../../../../client/registry/sqliteRegistry';
import { systemClock } from '../../../../../client/time/systemClock';
import type { RegistryStore } from '../../../../support/registryContract';
import { openFile, sqliteStore } from '../../../../support/registryFiles';
import {
	claim,
	expired,
	idsOf,
	keyOf,
	MINUTE,
	NOW,
	numbered,
	recorded,
	session,
} from '../../../../support/registrySessions';

let store: RegistryStore;
/** As two credentials of one n8n have them. */
let users: SessionRegistry[];
let warnings: string[];

beforeEach(async () => {
	store = await sqliteStore();
	warnings = [];
	const open = async () => await openSqliteRegistry(store.place, (message) => warnings.push(message));
	users = [1, 2].map(() => lazyRegistry(open, systemClock));
	for (const [index, user] of users.entries()) await user.record(session(`before-${index}`));
});
afterEach(async () => {
	await Promise.all(users.map((user) => user.close()));
	await store.remove();
});

const gone = expect.stringMatching(/was deleted or replaced while n8n used it/);

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

/** A start that is not to be forgotten yet, by the clock of the machine. */
const claimOf = (startId: string, owner = 'first') => {
	const now = Date.now();
	return claim(owner, { startId, sessionId: `of ${startId}`, now, aliveUntil: now, expiresAt: now + 24 * 60 * MINUTE });
};

describe.each(takenAway)('a file that is %s while it is open', (_how, takeAway) => {
	it.each<[string, (user: SessionRegistry) => Promise<unknown>]>([
		['recording', async (user) => await user.record(session('s'))],
		['following', async (user) => await user.openSessions(recorded())],
		['claiming', async (user) => await user.claimExpired(expired())],
		['emitting', async (user) => await user.recordDelivered(keyOf('s'), 'c', ['m'])],
		['pruning', async (user) => await user.prune(0)],
	])('%s works for each who uses it, and one of them is warned', async (_what, work) => {
		await takeAway();
		for (const user of users) await work(user);
		expect(warnings).toEqual([gone]);
	});

	it('is replaced by a new one, which all use together', async () => {
		await takeAway();
		for (const [index, user] of users.entries()) await user.record(session(`after-${index}`));

		for (const user of users) {
			expect(idsOf(await user.openSessions(recorded()))).toEqual(['after-0', 'after-1']);
		}
		expect((await stat(store.place)).size).toBeGreaterThan(0);
	});

	it('hinders none of the calls that are under way together', async () => {
		await takeAway();
		const ids = numbered(50);
		await Promise.all(users.flatMap((user) => [...ids.map((id) => user.record(session(id))), user.prune(0)]));

		const [user = failed()] = users;
		expect(idsOf(await user.openSessions(recorded())).sort()).toEqual([...ids].sort());
		expect(warnings).toEqual([gone]);
	});

	it('is told of each time', async () => {
		for (const id of ['a', 'b']) {
			await takeAway();
			await rm(`${store.place}.old`, { force: true });
			for (const user of users) await user.record(session(id));
		}
		expect(warnings).toEqual([gone, gone]);
		const [user = failed()] = users;
		expect(idsOf(await user.openSessions(recorded()))).toEqual(['b']);
	});

	it('takes no start away that was claimed in it: nobody makes it again', async () => {
		const [user = failed(), other = failed()] = users;
		const [underWay, over] = [claimOf('under way'), claimOf('over')];
		await user.claimStart(underWay);
		await user.claimStart(over);
		await user.settleStart(over, { aliveUntil: NOW, outcome: '{"ran":true}' });
		await takeAway();

		expect(await other.claimStart(claimOf('over', 'another'))).toMatchObject({ outcome: '{"ran":true}' });
		const known = await other.claimStart(claimOf('under way', 'another'));
		expect(known).toMatchObject({ sessionId: 'of under way' });
		expect(known?.outcome).toBeUndefined();
		await user.settleStart(underWay, { aliveUntil: NOW, outcome: '"later"' });
		expect(await other.claimStart(claimOf('under way', 'another'))).toMatchObject({ outcome: '"later"' });
	});

	it('takes no start away, however many there are', async () => {
		const [user = failed()] = users;
		const claims = numbered(450).map((id) => claimOf(id));
		await Promise.all(claims.map((one) => user.claimStart(one)));
		await takeAway();

		const known = await Promise.all(claims.map((one) => user.claimStart({ ...one, owner: 'another' })));
		expect(known.map((one) => one?.sessionId)).toEqual(claims.map(({ sessionId }) => sessionId));
	});

	it('leaves starts behind that are to be forgotten', async () => {
		const [user = failed()] = users;
		await user.claimStart({ ...claimOf('old'), expiresAt: NOW });
		await takeAway();
		expect(await user.claimStart({ ...claimOf('old', 'another'), now: NOW - 1 })).toBeUndefined();
	});
});

it('a registry that is gone again at once is an error that says why, and the next call works', async () => {
	let opened = 0;
	const [user = failed()] = users;
	const lost = async () => {
		opened++;
		throw new RegistryGoneError(store.place);
	};
	const registry = lazyRegistry(
		async () => (opened < 2 ? { ...user, record: lost, close: async () => {} } : user),
		systemClock,
	);
	await expect(registry.record(session('s'))).rejects.toMatchObject({ message: gone });
	expect(opened).toBe(2);
	await registry.record(session('s'));
});

describe('whoever follows sessions', () => {
	it.each(takenAway)('finds those of the new file after those of the one that was %s', async (_how, takeAway) => {
		const [user = failed(), other = failed()] = users;
		const after = (await user.openSessions(recorded())).at(-1)?.sequence ?? NaN;
		await takeAway();
		for (const one of users) await one.prune(0);
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
